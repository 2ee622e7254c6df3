//! Takes a packet of media, gives how much of its begin may be shown, never what was said.

use super::Disguise;
use super::message::blank;
use crate::rtp;

/// Packet types (RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611 §2).
mod kind {
    pub(super) const SDES: u8 = 202;
    pub(super) const BYE: u8 = 203;
    pub(super) const APP: u8 = 204;
}

impl Disguise {
    /// How many octets of a packet stay: of RTP its header, by which loss and jitter still can be told, of RTCP all with its texts blanked.
    /// `None` for what only names addresses and keys: STUN, DTLS, and what is not known.
    pub(super) fn media(payload: &mut [u8]) -> Option<usize> {
        match rtp::sniff(payload)? {
            rtp::Kind::Rtp(header) => {
                let end = (header.offset as usize).min(payload.len());
                // Behind the sources and the head of the extension stands what some application put there.
                let extension = 12 + 4 * usize::from(header.sources) + 4;
                payload.get_mut(extension..end).into_iter().for_each(|content| content.fill(0));
                Some(end)
            }
            rtp::Kind::Rtcp { .. } => {
                rtcp(payload);
                Some(payload.len())
            }
        }
    }
}

/// Blanks the texts of a compound packet; what cannot be read as one is zeroed, as the octets of SRTCP are.
fn rtcp(mut rest: &mut [u8]) {
    while let Some(&[flags, packet_type, a, b]) = rest.first_chunk() {
        let length = (usize::from(u16::from_be_bytes([a, b])) + 1) * 4;
        if flags >> 6 != 2 || length > rest.len() {
            break;
        }
        let (packet, behind) = std::mem::take(&mut rest).split_at_mut(length);
        let count = usize::from(flags & 0x1f);
        match packet_type {
            kind::SDES => packet.get_mut(4..).into_iter().for_each(|chunks| descriptions(chunks, count)),
            kind::BYE => packet.get_mut(5 + 4 * count..).into_iter().for_each(blank),
            kind::APP => packet.get_mut(12..).into_iter().for_each(|data| data.fill(0)),
            200 | 201 | 205..=207 => {}
            _ => packet.get_mut(8..).into_iter().for_each(|data| data.fill(0)),
        }
        rest = behind;
    }
    rest.fill(0);
}

/// Blanks the items of source descriptions (RFC 3550 §6.5).
fn descriptions(chunks: &mut [u8], count: usize) {
    let mut at = 0;
    for _ in 0..count {
        at += 4;
        while let Some(&[item, length]) = chunks.get(at..).and_then(|rest| rest.first_chunk())
            && item != 0
        {
            let text = at + 2..at + 2 + usize::from(length);
            at = text.end;
            match chunks.get_mut(text) {
                Some(text) => text.fill(b'x'),
                None => return,
            }
        }
        // The items end with a zero, and the chunk on a word.
        at = (at + 1).next_multiple_of(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_rtp_the_header_stays() {
        let mut packet = [&[0x90, 8, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4, 0xbe, 0xde, 0, 1, 9, 9, 9, 9][..], &[0xd5; 160]].concat();
        assert_eq!(Disguise::media(&mut packet), Some(20));
        assert_eq!(packet[12..20], [0xbe, 0xde, 0, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn of_rtcp_the_names_go() {
        let report = [0x80, 201, 0, 1, 1, 2, 3, 4];
        let names = [&[0x81, 202, 0, 5, 1, 2, 3, 4, 1, 9][..], b"alice@192", &[2, 2], b"me", &[0, 0, 0]].concat();
        let mut packet = [&report[..], names.get(..24).unwrap()].concat();
        assert_eq!(Disguise::media(&mut packet), Some(packet.len()));
        assert!(packet.windows(5).all(|part| part != b"alice") && packet.starts_with(&report) && packet.contains(&b'x'));
        assert_eq!(Disguise::media(&mut [0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0]), None);
    }
}
