//! The contract with the built-in guest program, `guest/guest.c`: its file, its services and its symbols.
//!
//! Symbols the host finds with [`Image::symbol`](crate::elf::Image::symbol):
//! - functions `tick` and `tock`, each called once in a round, and `rare`, called only while `poke_rare` is
//!   nonzero;
//! - words of the host: `stop_flag` (nonzero stops every hart after its round), `rounds_limit` (nonzero stops
//!   each hart after so many rounds), `poke_rare`, and `use_trigger`, one word per hart (1 makes the hart set
//!   its own trigger on `tock`, 2 makes it clear it; the hart puts the word back to zero);
//! - words of the harts: `counters` (rounds done) and `checksums`, [`SLOT`] bytes per hart; `read_only_word`,
//!   read once in a round; `amo_counter`, `sc_counter` and `shared_counter`, which agree with the sum of all
//!   rounds when no hart is within one; `shared_lock`, which guards the last of them.
//!
//! A hart's checksum after a number of rounds depends on its number alone, not on other harts or on timing.

/// The guest program, as built by `guest/build.sh`.
pub const ELF: &[u8] = include_bytes!("../guest/guest.elf");

/// Most harts that the guest has stacks and slots for.
pub const HARTS: u32 = 16;

/// Distance in bytes between two harts' words in `counters` and `checksums`.
pub const SLOT: u32 = 64;

/// Service (a7 of an `ecall`): sets the hart's own trigger; a0 is the address, a1 the kind ([`EXECUTE`]).
pub const SET_TRIGGER: u32 = 1;
/// Service: clears the hart's own trigger; arguments as for [`SET_TRIGGER`].
pub const CLEAR_TRIGGER: u32 = 2;
/// Service: writes to the console; a0 is 1, a1 the address of the bytes, a2 their number.
pub const WRITE: u32 = 64;
/// Service: ends the hart; a0 is its checksum.
pub const EXIT: u32 = 93;

/// Kind of trigger: a breakpoint, before the instruction at its address.
pub const EXECUTE: u32 = 0;

/// Computes on the host what a hart's checksum is after so many rounds, whatever else happened in the guest.
///
/// About half a microsecond per round in an optimised build.
pub fn checksum(hart: u32, rounds: u32) -> u32 {
    let start = 0x9e37_79b9_u32.wrapping_mul(hart + 1);
    (0..rounds).fold(start, |sum, _| compute(sum) ^ 0x600d_f00d)
}

/// One round: fill, sort, multiply and divide, CRC-32.
fn compute(mut sum: u32) -> u32 {
    let mut state = sum | 1;
    let mut words = [0_u32; 16];
    for word in &mut words {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        *word = state;
    }
    words.sort_unstable();
    for i in 1..words.len() {
        let product = u64::from(words[i]) * u64::from(words[i - 1]);
        sum = sum.wrapping_add((product >> 32) as u32 ^ product as u32);
        sum ^= words[i] / (words[i - 1] >> 7 | 1);
        sum = sum.wrapping_add((words[i] as i32 % (i as i32 + 3)) as u32);
        // As the guest does, which takes the words for halfwords here.
        words[i / 2] ^= (sum & 0xffff) << (16 * (i % 2));
    }
    let bytes = words.iter().flat_map(|word| word.to_le_bytes());
    bytes.fold(sum, |sum, byte| {
        let sum = sum ^ u32::from(byte);
        let sum = sum >> 4 ^ CRC[sum as usize % 16];
        sum >> 4 ^ CRC[sum as usize % 16]
    })
}

/// The CRC-32 of each half byte.
const CRC: [u32; 16] = {
    let mut table = [0; 16];
    let mut byte = 0;
    while byte < 16 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 4 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};
