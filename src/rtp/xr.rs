//! Takes the blocks of an extended report, gives VoIP metrics and the times of receivers, never the blocks of other kinds.

use super::rtcp::{Said, word};

/// A VoIP metrics block (RFC 3611 §4.7): what the receiver of a stream saw of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoipMetrics {
    /// Lost, in 1/256.
    pub loss_rate: u8,
    /// Discarded, in 1/256.
    pub discard_rate: u8,
    /// Lost or discarded inside bursts, in 1/256.
    pub burst_density: u8,
    /// Lost or discarded outside bursts, in 1/256.
    pub gap_density: u8,
    /// Mean duration of bursts, in milliseconds.
    pub burst_ms: u16,
    /// Mean duration of gaps, in milliseconds.
    pub gap_ms: u16,
    /// The latest round trip between the RTP interfaces, in milliseconds.
    pub round_trip_ms: u16,
    /// The delay of the end system, in milliseconds.
    pub end_system_ms: u16,
    /// Signal level in dBm0.
    pub signal: Option<i8>,
    /// Noise level in dBm0.
    pub noise: Option<i8>,
    /// Residual echo return loss, in dB.
    pub echo: Option<u8>,
    /// The Gmin that it used.
    pub gmin: u8,
    /// R factor, 0–100.
    pub r: Option<u8>,
    /// R factor of the network beyond, 0–100.
    pub external_r: Option<u8>,
    /// Listening quality, in tenths, 10–50.
    pub mos_lq: Option<u8>,
    /// Conversational quality, in tenths, 10–50.
    pub mos_cq: Option<u8>,
    /// Receiver configuration: concealment, jitter buffer.
    pub rx_config: u8,
    /// Nominal delay of the jitter buffer, in milliseconds.
    pub buffer_nominal: u16,
    /// The longest that it now is, in milliseconds.
    pub buffer_max: u16,
    /// The longest that it can be, in milliseconds.
    pub buffer_limit: u16,
}

impl VoipMetrics {
    /// Reads what follows the source of a block, which has a fixed length.
    fn read(octets: &[u8; 28]) -> Self {
        // The value that says "unavailable" (RFC 3611 §4.7.4, §4.7.5).
        const UNAVAILABLE: u8 = 127;
        let [
            loss_rate,
            discard_rate,
            burst_density,
            gap_density,
            b0,
            b1,
            g0,
            g1,
            r0,
            r1,
            e0,
            e1,
            signal,
            noise,
            echo,
            gmin,
            r,
            external_r,
            lq,
            cq,
            rx_config,
            _,
            n0,
            n1,
            m0,
            m1,
            l0,
            l1,
        ] = *octets;
        let known = |value: u8| (value != UNAVAILABLE).then_some(value);
        let short = |a, b| u16::from_be_bytes([a, b]);
        Self {
            loss_rate,
            discard_rate,
            burst_density,
            gap_density,
            burst_ms: short(b0, b1),
            gap_ms: short(g0, g1),
            round_trip_ms: short(r0, r1),
            end_system_ms: short(e0, e1),
            signal: known(signal).map(u8::cast_signed),
            noise: known(noise).map(u8::cast_signed),
            echo: known(echo),
            gmin,
            r: known(r).filter(|&r| r <= 100),
            external_r: known(external_r).filter(|&r| r <= 100),
            mos_lq: known(lq).filter(|lq| (10..=50).contains(lq)),
            mos_cq: known(cq).filter(|cq| (10..=50).contains(cq)),
            rx_config,
            buffer_nominal: short(n0, n1),
            buffer_max: short(m0, m1),
            buffer_limit: short(l0, l1),
        }
    }
}

/// Reads the blocks of an extended report (RFC 3611 §3); `None` where a length lies. `say` gets whom a block is about, `None` for its sender.
pub(super) fn read(mut blocks: &[u8], mut say: impl FnMut(Option<u32>, Said)) -> Option<()> {
    while !blocks.is_empty() {
        let [kind, _, a, b] = *blocks.first_chunk()?;
        let (block, behind) = blocks.split_at_checked((usize::from(u16::from_be_bytes([a, b])) + 1) * 4)?;
        let body = block.get(4..)?;
        match kind {
            // Receiver reference time.
            4 => say(None, Said::Reference { ntp: u64::from(word(body, 0)?) << 32 | u64::from(word(body, 4)?) }),
            // Delay since the last receiver report, for each receiver.
            5 => {
                for part in body.chunks_exact(12) {
                    say(Some(word(part, 0)?), Said::Delay { last: word(part, 4)?, delay: word(part, 8)? });
                }
            }
            7 => say(Some(word(body, 0)?), Said::Voip(VoipMetrics::read(body.get(4..)?.first_chunk()?))),
            _ => {}
        }
        blocks = behind;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::rtcp;

    fn extended(blocks: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x80, 207];
        packet.extend_from_slice(&u16::try_from(blocks.len() / 4 + 1).unwrap().to_be_bytes());
        packet.extend_from_slice(&7u32.to_be_bytes());
        packet.extend_from_slice(blocks);
        packet
    }

    /// The fields in the order of the figure of RFC 3611 §4.7.
    #[test]
    fn voip_metrics_are_read_field_by_field() {
        let mut block = vec![7, 0, 0, 8, 0, 0, 0, 9];
        block.extend_from_slice(&[
            12, 12, 85, 9, 0, 120, 1, 4, 0, 50, 0, 80, 0xec, 0xba, 127, 16, 90, 127, 42, 41, 0xa0, 0, 0, 40, 0, 80, 1, 0,
        ]);
        let compound = rtcp::read(&extended(&block));
        let [first, second] = compound.statements.as_slice() else { panic!("{compound:?}") };
        assert_eq!((first.what, second.by, second.about), (Said::Extended, 7, 9));
        let want = VoipMetrics {
            loss_rate: 12,
            discard_rate: 12,
            burst_density: 85,
            gap_density: 9,
            burst_ms: 120,
            gap_ms: 260,
            round_trip_ms: 50,
            end_system_ms: 80,
            signal: Some(-20),
            noise: Some(-70),
            echo: None,
            gmin: 16,
            r: Some(90),
            external_r: None,
            mos_lq: Some(42),
            mos_cq: Some(41),
            rx_config: 0xa0,
            buffer_nominal: 40,
            buffer_max: 80,
            buffer_limit: 256,
        };
        assert_eq!(second.what, Said::Voip(want));
    }

    #[test]
    fn a_reference_time_and_its_answer() {
        let blocks = [[4, 0, 0, 2, 0, 0, 0, 1, 0x80, 0, 0, 0].as_slice(), &[5, 0, 0, 3, 0, 0, 0, 9, 0, 1, 0x80, 0, 0, 0, 0x40, 0]].concat();
        let compound = rtcp::read(&extended(&blocks));
        let said: Vec<_> = compound.statements.iter().map(|s| (s.about, s.what)).collect();
        let want = [(7, Said::Extended), (7, Said::Reference { ntp: 0x1_8000_0000 }), (9, Said::Delay { last: 0x1_8000, delay: 0x4000 })];
        assert_eq!(said, want);
    }

    #[test]
    fn a_block_that_is_longer_than_the_packet_is_not_read() {
        assert!(rtcp::read(&extended(&[7, 0, 0, 9, 0, 0, 0, 9])).broken);
    }
}
