//! Takes numbers, gives them in groups of seven bits, the lowest first, never more octets than a number needs.

/// Writes a number behind those that are written.
#[allow(clippy::cast_possible_truncation)]
pub fn write_varint(coded: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        coded.push(number as u8 | 0x80);
        number >>= 7;
    }
    coded.push(number as u8);
}

/// Reads the next number; `None` at the end.
pub fn read_varint(coded: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0u64, 0);
    loop {
        let (&octet, rest) = coded.split_first()?;
        *coded = rest;
        number |= u64::from(octet & 0x7f).checked_shl(shift).unwrap_or(0);
        if octet & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(numbers in prop::collection::vec(prop_oneof![any::<u64>(), 0u64..300], 0..50)) {
            let mut coded = Vec::new();
            numbers.iter().for_each(|&number| write_varint(&mut coded, number));
            let mut rest = coded.as_slice();
            let read: Vec<u64> = std::iter::from_fn(|| read_varint(&mut rest)).collect();
            prop_assert_eq!(read, numbers);
        }
    }
}
