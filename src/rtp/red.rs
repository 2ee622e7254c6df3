//! Takes a payload of RTP, gives how many earlier packets it carries again if it has the form of RFC 2198, never their content.

/// Generations that are counted: nobody sends more (RFC 4103 §4 recommends two).
const MOST: u8 = 15;

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

    proptest! {
        #[test]
        fn any_octets_are_survived(payload in proptest::collection::vec(any::<u8>(), 0..90)) {
            prop_assert!(redundancy(&payload) <= MOST);
        }
    }
}
