//! Frames: packets, with their sums and escapes, out of a stream of bytes and into it.
//!
//! Invariants: (1) whatever comes in, a decoder holds at most [`LONGEST`] bytes; (2) what it hands out was framed and summed as
//! it should be; everything else is told as what it is, or is noise between frames, which the protocol has none of and which is
//! passed over.

use super::hex;

/// Most bytes of a packet, escapes included: what `qSupported` tells the client.
pub const LONGEST: usize = 4096;

/// What a stream of bytes brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A packet's content, without its frame, unescaped.
    Packet(Vec<u8>),
    /// `+`: the last packet has come through.
    Ack,
    /// `-`: the last packet has not come through.
    Nack,
    /// The byte 3, outside of packets: stop.
    Interrupt,
    /// A packet whose sum is wrong.
    WrongSum,
    /// A packet of more than [`LONGEST`] bytes. The stream is of no use after it.
    TooLong,
}

#[derive(Clone, Copy, Debug, Default)]
enum Place {
    /// Between packets.
    #[default]
    Between,
    /// In a packet's content.
    Content,
    /// At the first digit of its sum.
    Sum,
    /// At the second, and the first as a value, if it was a digit.
    SumEnd(Option<u8>),
}

/// Takes frames apart. Any bytes will do.
#[derive(Debug, Default)]
pub struct Decoder {
    place: Place,
    content: Vec<u8>,
}

impl Decoder {
    /// Takes the next byte of the stream.
    pub fn push(&mut self, byte: u8) -> Option<Item> {
        match (self.place, byte) {
            (Place::Between, b'$') => {
                self.content.clear();
                self.place = Place::Content;
            }
            (Place::Between, b'+') => return Some(Item::Ack),
            (Place::Between, b'-') => return Some(Item::Nack),
            (Place::Between, 3) => return Some(Item::Interrupt),
            (Place::Between, _) => {}
            (Place::Content, b'#') => self.place = Place::Sum,
            (Place::Content, _) if self.content.len() == LONGEST => {
                self.place = Place::Between;
                return Some(Item::TooLong);
            }
            (Place::Content, _) => self.content.push(byte),
            (Place::Sum, _) => self.place = Place::SumEnd(hex::digit(byte)),
            (Place::SumEnd(first), _) => {
                self.place = Place::Between;
                let told = first.zip(hex::digit(byte)).map(|(first, second)| first << 4 | second);
                let right = told == Some(sum(&self.content));
                return Some(if right { Item::Packet(unescape(&self.content)) } else { Item::WrongSum });
            }
        }
        None
    }
}

/// Appends the frame of a packet or, with `%` for `start`, of a notification.
pub fn encode(start: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(start);
    let from = out.len();
    for &byte in content {
        if matches!(byte, b'$' | b'#' | b'}' | b'*') {
            out.extend([b'}', byte ^ 0x20]);
        } else {
            out.push(byte);
        }
    }
    let sum = sum(&out[from..]);
    out.push(b'#');
    out.extend(hex::write([sum]).bytes());
}

fn sum(content: &[u8]) -> u8 {
    content.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

/// Undoes escapes. One at the very end escapes nothing, and stays.
fn unescape(content: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(content.len());
    let mut bytes = content.iter();
    while let Some(&byte) = bytes.next() {
        match (byte, bytes.as_slice().first()) {
            (b'}', Some(escaped)) => {
                plain.push(escaped ^ 0x20);
                bytes.next();
            }
            _ => plain.push(byte),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Vec<Item> {
        let mut decoder = Decoder::default();
        bytes.iter().filter_map(|&byte| decoder.push(byte)).collect()
    }

    fn packet(content: &[u8]) -> Item {
        Item::Packet(content.to_vec())
    }

    #[test]
    fn a_frame_that_was_made_here_is_taken_apart_here() {
        let all: Vec<u8> = (0..=255).collect();
        for content in [&b""[..], b"OK", b"}", b"$#}*", &all] {
            let mut out = Vec::new();
            encode(b'$', content, &mut out);
            assert_eq!(decode(&out), [packet(content)]);
        }
    }

    #[test]
    fn frames_acknowledgements_and_interrupts_come_in_the_order_of_the_stream() {
        let items = decode(b"+$OK#9a-\x03$#00");
        assert_eq!(items, [Item::Ack, packet(b"OK"), Item::Nack, Item::Interrupt, packet(b"")]);
    }

    #[test]
    fn an_interrupt_byte_inside_a_packet_is_data() {
        assert_eq!(decode(b"$\x03#03"), [packet(b"\x03")]);
    }

    #[test]
    fn a_wrong_sum_is_told_and_the_next_packet_is_read() {
        for wrong in [&b"$OK#9b"[..], b"$OK#zz", b"$OK#9z"] {
            assert_eq!(decode(&[wrong, b"$OK#9a"].concat()), [Item::WrongSum, packet(b"OK")]);
        }
    }

    #[test]
    fn noise_between_packets_is_passed_over() {
        assert_eq!(decode(b"\x00abc#00}$OK#9a\xff"), [packet(b"OK")]);
    }

    #[test]
    fn a_packet_that_never_ends_is_told_once_and_not_kept() {
        let mut decoder = Decoder::default();
        let endless = std::iter::once(b'$').chain(std::iter::repeat_n(b'a', 3 * LONGEST));
        let items: Vec<_> = endless.filter_map(|byte| decoder.push(byte)).collect();
        assert_eq!(items, [Item::TooLong]);
        assert!(decoder.content.len() <= LONGEST);
    }

    #[test]
    fn the_longest_packet_passes() {
        let content = vec![b'x'; LONGEST];
        let mut out = Vec::new();
        encode(b'$', &content, &mut out);
        assert_eq!(decode(&out), [Item::Packet(content)]);
    }

    #[test]
    fn an_escape_at_the_end_escapes_nothing() {
        assert_eq!(decode(b"$a}#de"), [packet(b"a}")]);
    }
}
