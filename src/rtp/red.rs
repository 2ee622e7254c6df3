//! Takes a payload of RTP, gives how many earlier packets it carries again if it has the form of RFC 2198, never their content.

use super::TelephoneEvent;

/// Generations that are counted: nobody sends more (RFC 4103 §4 recommends two).
const MOST: u8 = 15;

/// The octets of an event with as many before it.
const LONGEST_EVENTS: usize = 5 + 8 * MOST as usize;

/// The last code of a telephone: text may look like those behind it (RFC 4733 §3.2).
const LAST_KEY: u8 = 16;

/// How many redundant blocks stand before the primary one; 0 for whatever has another form.
#[must_use]
pub fn redundancy(payload: &[u8]) -> u8 {
    let (mut rest, mut blocks, mut octets) = (payload, 0, 0);
    // Each block is announced in four octets, the primary one in one whose first bit is not set (RFC 2198 §3).
    while let Some((head, behind)) = rest.split_first_chunk::<4>().filter(|(head, _)| head[0] & 0x80 != 0) {
        octets += usize::from(u16::from_be_bytes([head[2], head[3]]) & 0x3ff);
        (rest, blocks) = (behind, blocks + 1);
        if blocks > MOST {
            return 0;
        }
    }
    match rest.split_first() {
        Some((first, blocks_of)) if first & 0x80 == 0 && octets <= blocks_of.len() => blocks,
        _ => 0,
    }
}

/// The telephone event in the primary block, where every block before it is one too, or empty, and all are of one dynamic type (RFC 4733 §5).
#[must_use]
pub fn redundant_event(payload: &[u8]) -> Option<[u8; 4]> {
    let (mut rest, mut octets, mut kind) = (payload, 0, None);
    if payload.len() > LONGEST_EVENTS || payload.len() % 4 != 1 {
        return None;
    }
    while let Some((&[flags, _, high, low], behind)) = rest.split_first_chunk::<4>().filter(|(head, _)| head[0] & 0x80 != 0) {
        let length = usize::from(u16::from_be_bytes([high, low]) & 0x3ff);
        if !matches!(length, 0 | 4) || *kind.get_or_insert(flags & 0x7f) != flags & 0x7f {
            return None;
        }
        (rest, octets) = (behind, octets + length);
    }
    let (_, blocks) = rest.split_first().filter(|(primary, _)| **primary >= 96 && kind.is_none_or(|kind| kind == **primary))?;
    let (events, []) = blocks.as_chunks::<4>() else { return None };
    let is_key = |octets: &[u8; 4]| octets[0] <= LAST_KEY && TelephoneEvent::sniff(*octets).is_some();
    events.last().copied().filter(|_| events.len() == octets / 4 + 1 && events.iter().all(is_key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 4103 §5.1: T.140 (98) with two generations, of which the older is empty: a time stamp offset of 600 ms, then one of 300 ms and one octet.
    #[test]
    fn text_with_two_generations() {
        let packet = [0x80 | 98, 0x09, 0x60, 0x00, 0x80 | 98, 0x04, 0xb0, 0x01, 98, b'H', b'i'];
        assert_eq!(redundancy(&packet), 2);
        assert_eq!(redundancy(&packet[..9]), 0, "the block that it announces is not there");
        assert_eq!(redundancy(&[98, b'H']), 0, "no redundancy yet");
        assert_eq!(redundancy(b"Hi"), 0);
        assert_eq!(redundancy(&[]), 0);
    }

    /// RFC 4733 §5: the second 1 of 911 with the 9 and the 1 before it, each whole.
    #[test]
    fn an_event_with_those_before_it() {
        let packet = [0x80 | 97, 0xaf, 0, 4, 0x80 | 97, 0x4b, 0, 4, 97, 9, 0x87, 0x06, 0x40, 1, 0x8a, 0x06, 0x40, 1, 0x0a, 0x01, 0x90];
        assert_eq!(redundant_event(&packet), Some([1, 0x0a, 0x01, 0x90]));
        assert_eq!(redundant_event(&[97, 9, 7, 0, 80]), Some([9, 7, 0, 80]), "the first");
        assert_eq!(redundant_event(&packet[..20]), None);
        assert_eq!(redundant_event(&[0x80 | 98, 0, 0, 4, 97, 9, 7, 0, 80, 9, 7, 0, 160]), None, "of another type");
        assert_eq!(redundant_event(&[98, b'1', b'2', b'3', b'4']), None, "text");
    }

    proptest! {
        #[test]
        fn any_octets_are_survived(payload in proptest::collection::vec(any::<u8>(), 0..90)) {
            prop_assert!(redundancy(&payload) <= MOST);
            let _ = redundant_event(&payload);
        }
    }
}
