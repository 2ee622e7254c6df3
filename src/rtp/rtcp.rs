//! Takes an RTCP packet, gives what it says of each source, never believes a length.

use smallvec::SmallVec;

use super::xr::{self, VoipMetrics};

/// What one source says of one source, itself or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Who says it.
    pub by: u32,
    /// Of whom.
    pub about: u32,
    /// What.
    pub what: Said,
}

/// What RTCP can say of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A sender report (RFC 3550 §6.4.1): what it has sent.
    Sent {
        /// NTP time of the report.
        ntp: u64,
        /// The same time by the clock of the media.
        timestamp: u32,
        /// Packets.
        packets: u32,
        /// Octets of payload.
        octets: u32,
        /// Of its first reception report block, whomever that is about: the sender report that it answers, and how long ago that came.
        last: u32,
        /// In 1/65536 s.
        delay: u32,
    },
    /// A receiver report without a block of its own (RFC 3550 §6.4.2): it is there, and sends nothing.
    Listens,
    /// A reception report block.
    Received(Reception),
    /// A source description (RFC 3550 §6.5).
    Described,
    /// A goodbye (RFC 3550 §6.6).
    Left,
    /// An application-defined packet (RFC 3550 §6.7).
    Application,
    /// Feedback (RFC 4585 §6).
    Feedback,
    /// An extended report by it (RFC 3611), whatever its blocks.
    Extended,
    /// The time by which a receiver that sends nothing can learn its round trip (RFC 3611 §4.4).
    Reference {
        /// NTP time of the report.
        ntp: u64,
    },
    /// The answer to that (RFC 3611 §4.5).
    Delay {
        /// The middle of the NTP time that is answered.
        last: u32,
        /// How long ago that came, in 1/65536 s.
        delay: u32,
    },
    /// VoIP metrics (RFC 3611 §4.7).
    Voip(VoipMetrics),
    /// A packet of SRTCP: who sent it is all that can be read (RFC 3711 §3.4).
    Protected,
}

/// A reception report block (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reception {
    /// Lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost in all, negative where duplicates outweigh.
    pub lost: i32,
    /// The highest extended sequence number.
    pub highest: u32,
    /// Jitter, in ticks.
    pub jitter: u32,
    /// The middle of the NTP time of the last sender report; 0 if none came.
    pub last: u32,
    /// How long ago that came, in 1/65536 s.
    pub delay: u32,
    /// The middle of the NTP time of the sender report that the block stands in; 0 in a receiver report.
    pub sent: u32,
}

/// What a compound packet says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compound {
    /// Each statement, in order.
    pub statements: SmallVec<[Statement; 4]>,
    /// Whether its lengths or counts do not fit: what follows is not read.
    pub broken: bool,
}

/// Statements that one packet may make; more is an attack, or no RTCP.
const MAX_STATEMENTS: usize = 256;

/// Reads a packet that begins as RTCP does.
#[must_use]
pub fn read(payload: &[u8]) -> Compound {
    let mut compound = Compound::default();
    let mut rest = payload;
    while !rest.is_empty() {
        let Some((packet, behind)) = next(rest) else {
            // Something follows that is no RTCP: the index and tag of SRTCP, which hides all but the first words.
            compound.statements.clear();
            match word(payload, 4).filter(|_| rest.len() < payload.len()) {
                Some(by) => {
                    // What did not fit was encrypted.
                    compound.broken = false;
                    compound.statements.push(Statement { by, about: by, what: Said::Protected });
                }
                None => compound.broken = true,
            }
            return compound;
        };
        rest = behind;
        if packet.read(&mut compound.statements).is_none() || compound.statements.len() > MAX_STATEMENTS {
            compound.broken = true;
            compound.statements.truncate(MAX_STATEMENTS);
        }
    }
    compound
}

/// One packet of a compound.
struct Packet<'a> {
    /// The five bits that count, or name a format.
    count: u8,
    kind: u8,
    /// What follows the first word, padding left out.
    body: &'a [u8],
}

fn next(bytes: &[u8]) -> Option<(Packet<'_>, &[u8])> {
    let [flags, kind, a, b] = *bytes.first_chunk()?;
    let length = (usize::from(u16::from_be_bytes([a, b])) + 1) * 4;
    if flags >> 6 != 2 || !matches!(kind, 192..=223) {
        return None;
    }
    let (packet, behind) = bytes.split_at_checked(length)?;
    let body = packet.get(4..)?;
    let padding = if flags & 0x20 != 0 { body.last().copied().map_or(0, usize::from) } else { 0 };
    let body = body.get(..body.len().saturating_sub(padding))?;
    Some((Packet { count: flags & 0x1f, kind, body }, behind))
}

impl Packet<'_> {
    /// Adds what it says; `None` if it is shorter than it says.
    fn read(&self, out: &mut SmallVec<[Statement; 4]>) -> Option<()> {
        let by = match (self.kind, self.count) {
            // A description or goodbye of nobody.
            (202 | 203, 0) => return Some(()),
            _ => word(self.body, 0)?,
        };
        let mut say = |about, what| out.push(Statement { by, about, what });
        match self.kind {
            200 => {
                let ntp = u64::from(word(self.body, 4)?) << 32 | u64::from(word(self.body, 8)?);
                let block = |at| if self.count == 0 { Some(0) } else { word(self.body, at) };
                let (last, delay) = (block(40)?, block(44)?);
                let (timestamp, packets, octets) = (word(self.body, 12)?, word(self.body, 16)?, word(self.body, 20)?);
                say(by, Said::Sent { ntp, timestamp, packets, octets, last, delay });
                self.receptions(24, (ntp >> 16) as u32, say)?;
            }
            201 => {
                if self.count == 0 {
                    say(by, Said::Listens);
                }
                self.receptions(4, 0, say)?;
            }
            202 => self.descriptions(say)?,
            203 => (0..usize::from(self.count)).try_for_each(|n| word(self.body, n * 4).map(|ssrc| say(ssrc, Said::Left)))?,
            204 => say(by, Said::Application),
            205 | 206 => say(word(self.body, 4)?, Said::Feedback),
            207 => {
                say(by, Said::Extended);
                xr::read(self.body.get(4..)?, |about, what| say(about.unwrap_or(by), what))?;
            }
            _ => {}
        }
        Some(())
    }

    fn receptions(&self, from: usize, sent: u32, mut say: impl FnMut(u32, Said)) -> Option<()> {
        for n in 0..usize::from(self.count) {
            let block = self.body.get(from + n * 24..)?;
            let lost = word(block, 4)?;
            let what = Reception {
                fraction_lost: (lost >> 24) as u8,
                // Sign extension of 24 bits.
                lost: (lost << 8).cast_signed() >> 8,
                highest: word(block, 8)?,
                jitter: word(block, 12)?,
                last: word(block, 16)?,
                delay: word(block, 20)?,
                sent,
            };
            say(word(block, 0)?, Said::Received(what));
        }
        Some(())
    }

    /// Chunks of items, each padded to whole words by one zero octet or more (RFC 3550 §6.5).
    fn descriptions(&self, mut say: impl FnMut(u32, Said)) -> Option<()> {
        let mut at = 0;
        for _ in 0..self.count {
            say(word(self.body, at)?, Said::Described);
            at += 4;
            while *self.body.get(at)? != 0 {
                at += 2 + usize::from(*self.body.get(at + 1)?);
            }
            at = (at / 4 + 1) * 4;
        }
        Some(())
    }
}

/// The 32 bits at an offset.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|&word| u32::from_be_bytes(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_be_bytes()).collect()
    }

    #[test]
    fn a_sender_report_with_a_block_a_description_and_a_goodbye() {
        let report =
            words(&[0x81c8_000c, 7, 0xdead_0001, 0x8000_0000, 160, 50, 8000, 9, 0x40ff_fffe, 0x0001_0005, 33, 0x0001_8000, 0x0005_4000]);
        let mut described = words(&[0x81ca_0003, 7]);
        described.extend_from_slice(b"\x01\x04me@a\0\0");
        let bye = words(&[0x81cb_0001, 7]);
        let compound = read(&[report, described, bye].concat());
        let reception = Reception {
            fraction_lost: 0x40,
            lost: -2,
            highest: 0x0001_0005,
            jitter: 33,
            last: 0x0001_8000,
            delay: 0x0005_4000,
            sent: 0x0001_8000,
        };
        let said = |about, what| Statement { by: 7, about, what };
        let want = [
            said(
                7,
                Said::Sent { ntp: 0xdead_0001_8000_0000, timestamp: 160, packets: 50, octets: 8000, last: 0x0001_8000, delay: 0x0005_4000 },
            ),
            said(9, Said::Received(reception)),
            said(7, Said::Described),
            said(7, Said::Left),
        ];
        assert_eq!(compound.statements.as_slice(), want);
        assert!(!compound.broken);
    }

    #[test]
    fn a_count_that_lies_ends_the_reading() {
        let compound = read(&words(&[0x83c9_0001, 7]));
        assert!(compound.broken && compound.statements.is_empty());
    }

    #[test]
    fn of_srtcp_only_the_sender_is_read() {
        let mut report = words(&[0x80c9_0001, 7]);
        report.extend_from_slice(&[0x42; 14]);
        assert_eq!(read(&report).statements.as_slice(), [Statement { by: 7, about: 7, what: Said::Protected }]);
        // An item of a description that is longer than it: what is encrypted need not fit.
        let mut described = words(&[0x81ca_0002, 7, 0x01ff_4242]);
        assert!(read(&described).broken);
        described.extend_from_slice(&[0x42; 14]);
        assert!(!read(&described).broken);
    }

    #[test]
    fn feedback_names_its_media_source() {
        let compound = read(&words(&[0x81ce_0002, 7, 9]));
        assert_eq!(compound.statements.as_slice(), [Statement { by: 7, about: 9, what: Said::Feedback }]);
    }

    proptest! {
        #[test]
        fn any_octets_are_survived(kind in 192u8..224, count in 0u8..32, length in 0u16..20, body in proptest::collection::vec(any::<u8>(), 0..120)) {
            let mut payload = vec![0x80 | count, kind];
            payload.extend_from_slice(&length.to_be_bytes());
            payload.extend_from_slice(&body);
            let _ = read(&payload);
            let _ = read(&body);
        }
    }
}
