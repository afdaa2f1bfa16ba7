//! The loader: what a guest's ELF file asks to be put into RAM, and where its symbols are.
//!
//! Parsing is the `elf` crate's; this module decides what is acceptable. Invariants: (1) no file, however
//! hostile, makes it panic, or allocate more than in proportion to the file and to RAM (so names and bytes
//! are borrowed: headers may claim the same ones many times over); (2) a file that is refused has not changed
//! RAM.

use std::collections::BTreeMap;

use elf::abi::{
    EI_CLASS, EI_DATA, EI_NIDENT, ELFCLASS32, ELFDATA2LSB, ELFMAGIC, EM_RISCV, ET_EXEC, PT_LOAD, SHN_UNDEF,
};
use elf::endian::LittleEndian;
use elf::file::FileHeader;
use elf::{ElfBytes, ParseError};

use crate::{Error, ram::Ram};

/// The flag in `e_flags` for code that contains compressed instructions.
const EF_RISCV_RVC: u32 = 1;

/// Place of a symbol in guest memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Address of its first byte.
    pub addr: u32,
    /// Size in bytes; zero if the file does not say.
    pub size: u32,
}

#[derive(Debug)]
struct Segment<'file> {
    addr: u32,
    /// Size in memory; what the file does not fill is zero.
    size: u32,
    bytes: &'file [u8],
}

/// A guest program, read from its ELF file.
#[derive(Debug)]
pub struct Image<'file> {
    entry: u32,
    segments: Vec<Segment<'file>>,
    symbols: BTreeMap<&'file str, Symbol>,
}

impl<'file> Image<'file> {
    /// Reads the ELF file whose contents are `file`.
    ///
    /// # Errors
    /// [`Error::NotElf`], [`Error::UnsupportedElf`], [`Error::TruncatedElf`] or [`Error::MalformedElf`].
    pub fn parse(file: &'file [u8]) -> Result<Self, Error> {
        check_layout(file)?;
        let elf = ElfBytes::<LittleEndian>::minimal_parse(file).map_err(refusal)?;
        check_machine(&elf.ehdr)?;
        let segments = segments(&elf)?;
        let symbols = symbols(&elf)?;
        Ok(Self { entry: narrow(elf.ehdr.e_entry)?, segments, symbols })
    }

    /// Copies the loadable segments into RAM, which should be fresh.
    ///
    /// # Errors
    /// [`Error::SegmentOutsideRam`]; RAM is unchanged then.
    pub fn load(&self, ram: &Ram) -> Result<(), Error> {
        for &Segment { addr, size, .. } in &self.segments {
            if !ram.contains(addr, size) {
                return Err(Error::SegmentOutsideRam { addr, len: size });
            }
        }
        for &Segment { addr, size, bytes } in &self.segments {
            ram.write_bytes(addr, bytes)?;
            let rest = size as usize - bytes.len();
            ram.write_bytes(addr.wrapping_add(bytes.len() as u32), &vec![0; rest])?;
        }
        Ok(())
    }

    /// Gives the address at which every hart starts.
    pub fn entry(&self) -> u32 {
        self.entry
    }

    /// Finds a symbol by its name. Of several with one name, local to different files, it gives the last.
    ///
    /// # Errors
    /// [`Error::MissingSymbol`].
    pub fn symbol(&self, name: &str) -> Result<Symbol, Error> {
        self.symbols.get(name).copied().ok_or_else(|| Error::MissingSymbol(name.to_owned()))
    }
}

/// Refuses what would be misread: class and byte order decide how all that follows them is laid out.
fn check_layout(file: &[u8]) -> Result<(), Error> {
    if !file.starts_with(&ELFMAGIC) {
        return Err(Error::NotElf);
    }
    let identity = file.get(..EI_NIDENT).ok_or(Error::TruncatedElf)?;
    match (identity[EI_CLASS], identity[EI_DATA]) {
        (ELFCLASS32, ELFDATA2LSB) => Ok(()),
        (ELFCLASS32, _) => Err(Error::UnsupportedElf("its byte order is not little-endian")),
        _ => Err(Error::UnsupportedElf("its class is not 32-bit")),
    }
}

fn check_machine(header: &FileHeader<LittleEndian>) -> Result<(), Error> {
    let reason = match () {
        () if header.e_machine != EM_RISCV => "its machine is not RISC-V",
        () if header.e_type != ET_EXEC => "it is not a statically linked executable",
        () if header.e_flags & EF_RISCV_RVC != 0 => "it contains compressed instructions",
        () => return Ok(()),
    };
    Err(Error::UnsupportedElf(reason))
}

fn segments<'file>(elf: &ElfBytes<'file, LittleEndian>) -> Result<Vec<Segment<'file>>, Error> {
    let headers = elf.segments().into_iter().flatten().filter(|header| header.p_type == PT_LOAD);
    headers
        .map(|header| {
            if header.p_filesz > header.p_memsz {
                return Err(Error::MalformedElf("a segment is larger in the file than in memory".to_owned()));
            }
            let bytes = elf.segment_data(&header).map_err(refusal)?;
            Ok(Segment { addr: narrow(header.p_vaddr)?, size: narrow(header.p_memsz)?, bytes })
        })
        .collect()
}

fn symbols<'file>(elf: &ElfBytes<'file, LittleEndian>) -> Result<BTreeMap<&'file str, Symbol>, Error> {
    let Some((table, names)) = elf.symbol_table().map_err(refusal)? else {
        return Ok(BTreeMap::new());
    };
    let mut symbols = BTreeMap::new();
    for symbol in table.iter().filter(|symbol| symbol.st_shndx != SHN_UNDEF) {
        let name = names.get(symbol.st_name as usize).map_err(refusal)?;
        let place = Symbol { addr: narrow(symbol.st_value)?, size: narrow(symbol.st_size)? };
        symbols.insert(name, place);
    }
    Ok(symbols)
}

/// Gives a field of a 32-bit file, which the parser hands out in 64 bits, its own width again.
fn narrow(field: u64) -> Result<u32, Error> {
    u32::try_from(field).map_err(|_| Error::MalformedElf(format!("{field:#x} does not fit 32 bits")))
}

fn refusal(error: ParseError) -> Error {
    match error {
        ParseError::SliceReadError(_) => Error::TruncatedElf,
        other => Error::MalformedElf(other.to_string()),
    }
}
