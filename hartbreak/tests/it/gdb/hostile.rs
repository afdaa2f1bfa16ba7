//! What no client sends: for each session, packets that are nearly right, and bytes that are nothing.

use super::feed::feed;
use crate::alone::alone;

const SESSIONS: u32 = 1500;

const PACKETS: &[&str] = &[
    "qSupported:multiprocess+;swbreak+",
    "QStartNoAckMode",
    "QNonStop:1",
    "?",
    "vStopped",
    "vCtrlC",
    "vCont?",
    "vCont;c",
    "vCont;s:1",
    "vCont;t",
    "vCont;t:2;c:1",
    "vCont;c:p1.-1",
    "vCont;s:p1.1",
    "Hg1",
    "Hg2",
    "Hc-1",
    "T1",
    "qC",
    "qfThreadInfo",
    "qsThreadInfo",
    "qThreadExtraInfo,1",
    "qAttached",
    "qXfer:features:read:target.xml:0,ffb",
    "qXfer:threads:read::0,ffb",
    "qRcmd,7374617473",
    "qRcmd,6c697374",
    "qRcmd,62702038303030303033342030",
    "qRcmd,636c656172",
    "g",
    "p20",
    "P1d=01000000",
    "m80000000,40",
    "m800fffff,ffff",
    "mffffffff,2",
    "M80020000,2:abcd",
    "X80020000,0:",
    "Z0,80000034,4",
    "z0,80000034,4",
    "Z1,8000002c,4",
    "z1,8000002c,4",
    "Z2,80009940,4",
    "z2,80009940,4",
    "Z3,80000000,ffffffff",
    "Z4,ffffffff,1",
    "Z0,1ffffffff,4",
    "D",
    "k",
    "vKill;1",
    "X",
    "G00",
    "vMustReplyEmpty",
];

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    /// A packet, most often with something wrong.
    fn packet(&mut self) -> Vec<u8> {
        let mut packet = PACKETS[self.below(PACKETS.len())].as_bytes().to_vec();
        match self.below(5) {
            0 => packet.truncate(self.below(packet.len())),
            1 => {
                let at = self.below(packet.len());
                packet[at] = self.below(256) as u8;
            }
            2 => packet.extend(PACKETS[self.below(PACKETS.len())].bytes()),
            _ => {}
        }
        packet
    }
}

#[test]
fn whatever_a_client_sends_nothing_of_it_is_left() {
    let _alone = alone();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..SESSIONS {
        let mut bytes = vec![random.below(4) as u8];
        for _ in 0..random.below(12) {
            bytes.extend(random.packet());
            bytes.push(random.below(8) as u8 / 7);
        }
        feed(&bytes);
    }
}
