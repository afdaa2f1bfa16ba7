//! The documents that a client reads: what registers there are, and what threads.

use std::fmt::Write;

use super::hex;

/// The target description: registers in the order of their numbers here, x0 to x31 and the pc.
///
/// No operating system's ABI: with Linux's, its default, GDB steps by breakpoints, which every hart would meet, and not by the
/// step that the servers offer.
pub fn target() -> String {
    let names = "zero ra sp gp tp t0 t1 t2 fp s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6 pc";
    let mut xml = String::from(
        "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">\
         <architecture>riscv:rv32</architecture><osabi>none</osabi><feature name=\"org.gnu.gdb.riscv.cpu\">",
    );
    for name in names.split(' ') {
        let kind = match name {
            "ra" | "pc" => "code_ptr",
            "sp" | "gp" | "tp" | "fp" => "data_ptr",
            _ => "int",
        };
        let _ = write!(xml, "<reg name=\"{name}\" bitsize=\"32\" type=\"{kind}\"/>");
    }
    xml.push_str("</feature></target>");
    xml
}

/// The list of threads, with their names and what else there is to say, which is plain text.
pub fn threads(harts: impl IntoIterator<Item = (u32, String)>) -> String {
    let mut xml = String::from("<?xml version=\"1.0\"?><threads>");
    for (hart, extra) in harts {
        let _ = write!(xml, "<thread id=\"{:x}\" name=\"hart {hart}\">{extra}</thread>", hart + 1);
    }
    xml.push_str("</threads>");
    xml
}

/// The answer to a request for a part of a document.
pub fn part(document: &str, offset: u64, len: u64, longest: usize) -> Vec<u8> {
    let document = document.as_bytes();
    let from = usize::try_from(offset).unwrap_or(usize::MAX).min(document.len());
    let len = usize::try_from(len).unwrap_or(usize::MAX).min(longest);
    let rest = &document[from..];
    let (more, part) = if rest.len() > len { (b'm', &rest[..len]) } else { (b'l', rest) };
    [&[more], part].concat()
}

/// Registers, as packets write them: least significant byte first.
pub fn registers(registers: impl IntoIterator<Item = u32>) -> String {
    hex::write(registers.into_iter().flat_map(u32::to_le_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_document_are_the_document() {
        assert_eq!(part("abcde", 0, 2, 9), b"mab");
        assert_eq!(part("abcde", 2, 3, 9), b"lcde");
        assert_eq!(part("abcde", 0, 5, 4), b"mabcd");
        assert_eq!(part("abcde", 9, 1, 9), b"l");
        assert_eq!(part("abcde", u64::MAX, u64::MAX, 9), b"l");
    }

    #[test]
    fn there_are_33_registers_of_4_bytes() {
        assert_eq!(target().matches("<reg ").count(), 33);
        assert_eq!(registers([0x0403_0201]), "01020304");
    }
}
