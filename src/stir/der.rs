//! Takes DER, gives its elements one by one, never their meaning (X.690).

/// More elements than this are read of no list.
const MOST: usize = 100_000;

/// The tag, the content and what follows of an element.
pub(super) fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x0f))?;
            (octets.iter().try_fold(0usize, |n, &b| n.checked_mul(256)?.checked_add(usize::from(b)))?, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The tags and contents of all elements.
pub(super) fn list(mut der: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut all = Vec::new();
    while !der.is_empty() {
        let (tag, content, rest) = element(der).filter(|_| all.len() < MOST)?;
        all.push((tag, content));
        der = rest;
    }
    Some(all)
}

/// The text of a string: UTF8String, or IA5String, which is ASCII.
pub(super) fn string(content: &[u8]) -> Option<Box<str>> {
    std::str::from_utf8(content).ok().map(Into::into)
}
