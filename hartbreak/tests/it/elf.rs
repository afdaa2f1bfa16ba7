//! The loader: the built-in guest loads, and no other file makes it panic.

use hartbreak::Error;
use hartbreak::elf::{Image, Symbol};
use hartbreak::guest::{ELF, HARTS, SLOT};
use hartbreak::ram::{BASE, DEFAULT_SIZE, Ram};

/// Offsets of fields in the file header.
const CLASS: usize = 4;
const BYTE_ORDER: usize = 5;
const KIND: usize = 16;
const MACHINE: usize = 18;
const FLAGS: usize = 36;

/// Parses and loads a file, whatever is in it.
fn attempt(file: &[u8]) -> Result<(), Error> {
    let image = Image::parse(file)?;
    let _ = image.symbol("tick");
    image.load(&Ram::new(0x10000)?)
}

fn changed(offset: usize, byte: u8) -> Vec<u8> {
    let mut file = ELF.to_vec();
    file[offset] = byte;
    file
}

#[test]
fn the_guest_loads_with_its_symbols() {
    let image = Image::parse(ELF).unwrap();
    let ram = Ram::new(DEFAULT_SIZE).unwrap();
    image.load(&ram).unwrap();
    assert_eq!(image.entry(), BASE);
    assert_eq!(ram.read_u32(image.symbol("read_only_word").unwrap().addr).unwrap(), 0x600d_f00d);
    for (name, size) in [("counters", HARTS * SLOT), ("checksums", HARTS * SLOT), ("use_trigger", HARTS * 4)]
    {
        assert_eq!(image.symbol(name).unwrap().size, size, "{name}");
    }
    for name in ["stop_flag", "rounds_limit", "poke_rare", "shared_lock"] {
        assert_eq!(image.symbol(name).unwrap().size, 4, "{name}");
    }
    for name in ["tick", "tock", "rare"] {
        let Symbol { addr, size } = image.symbol(name).unwrap();
        assert!(addr % 4 == 0 && size > 0, "{name}");
    }
}

#[test]
fn a_missing_symbol_is_named() {
    let image = Image::parse(ELF).unwrap();
    assert!(matches!(image.symbol("tack"), Err(Error::MissingSymbol(name)) if name == "tack"));
}

#[test]
fn a_file_that_is_not_elf_is_refused() {
    assert!(matches!(attempt(b"#!/bin/sh\necho hello from a file\n"), Err(Error::NotElf)));
}

#[test]
fn elf_files_for_other_machines_are_refused() {
    let others = [
        changed(CLASS, 2),
        changed(CLASS, 9),
        changed(BYTE_ORDER, 2),
        changed(BYTE_ORDER, 9),
        changed(KIND, 3),
        changed(MACHINE, 40),
        changed(FLAGS, 1),
    ];
    for file in others {
        let result = attempt(&file);
        assert!(matches!(result, Err(Error::UnsupportedElf(_))), "{result:?}");
    }
}

#[test]
fn a_segment_outside_ram_is_refused_and_ram_unchanged() {
    let ram = Ram::new(0x2000).unwrap();
    let result = Image::parse(ELF).unwrap().load(&ram);
    assert!(matches!(result, Err(Error::SegmentOutsideRam { .. })), "{result:?}");
    assert_eq!(ram.read_bytes(BASE, 0x2000).unwrap(), [0; 0x2000]);
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    for end in (0..ELF.len()).step_by(97).chain(1..200).chain([ELF.len() - 1]) {
        let result = attempt(&ELF[..end]);
        // Without the magic bytes it could be anything.
        let named =
            matches!(result, Err(Error::TruncatedElf)) || end < 4 && matches!(result, Err(Error::NotElf));
        assert!(named, "{end} bytes: {result:?}");
    }
}

#[test]
fn flipped_bytes_never_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize % below
    };
    // The headers, symbols and names are the file's end and its first 148 bytes; flips elsewhere change guest
    // code.
    let structure: Vec<usize> = (0..148).chain(0x2004..ELF.len()).collect();
    for _ in 0..4_000 {
        let mut file = ELF.to_vec();
        for _ in 0..=random(4) {
            file[structure[random(structure.len())]] = random(256) as u8;
        }
        // Either outcome is right: many flips are harmless.
        let _ = attempt(&file);
    }
}
