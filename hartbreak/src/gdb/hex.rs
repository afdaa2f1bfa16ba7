//! Numbers and bytes in hexadecimal, as packets write them.

/// Reads a number of one to sixteen digits, all of `text`.
pub fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 16 {
        return None;
    }
    text.iter().try_fold(0, |number, &digit| Some(number << 4 | u64::from(self::digit(digit)?)))
}

/// Reads bytes of two digits each, all of `text`.
pub fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    let pairs = text.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// Writes bytes with two digits each.
pub fn write(bytes: impl IntoIterator<Item = u8>) -> String {
    bytes.into_iter().flat_map(|byte| [byte >> 4, byte & 15]).map(as_digit).collect()
}

/// The value of one digit.
pub fn digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// The digit of a value below sixteen.
fn as_digit(value: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(value)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_whole_or_not_at_all() {
        assert_eq!(number(b"0"), Some(0));
        assert_eq!(number(b"80000034"), Some(0x8000_0034));
        assert_eq!(number(b"FFFFffffFFFFffff"), Some(u64::MAX));
        for wrong in [&b""[..], b"g", b"1 ", b"+1", b"-1", b"0x1", b"10000000000000000", b"\xff"] {
            assert_eq!(number(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn bytes_are_read_back_as_they_were_written() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes(write(all.iter().copied()).as_bytes()), Some(all));
        assert_eq!((bytes(b""), bytes(b"1"), bytes(b"1g")), (Some(vec![]), None, None));
    }
}
