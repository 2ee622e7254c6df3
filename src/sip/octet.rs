//! Takes one octet, gives the classes of RFC 3261 §25.1 that it is in, never looks at its neighbours.

use crate::base::Span;

const TOKEN: u8 = 1;
const HOST: u8 = 2;
const URI: u8 = 4;
const PLAIN: u8 = 8;

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut b = 0;
    while b < 256 {
        let c = b as u8;
        if c > b' ' && !matches!(c, b'<' | b'>' | b'"' | 0x7F) {
            classes[b] |= URI;
        }
        if !is_lws(c) && !matches!(c, b'"' | b';') {
            classes[b] |= PLAIN;
        }
        if c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~') {
            classes[b] |= TOKEN;
        }
        // `_` is in no host name of the grammar and in many of the field.
        if c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_') {
            classes[b] |= HOST;
        }
        b += 1;
    }
    classes
};

/// Whether `b` may stand in a token.
pub(super) fn is_token(b: u8) -> bool {
    CLASSES[usize::from(b)] & TOKEN != 0
}

/// Whether `b` may stand in a URI: no white space, no control, no bracket or quote around it.
pub(super) fn is_uri(b: u8) -> bool {
    CLASSES[usize::from(b)] & URI != 0
}

/// Whether `b` may stand in a parameter value without quotes: more than the grammar allows, nothing that would end or hide it.
pub(super) fn is_plain(b: u8) -> bool {
    CLASSES[usize::from(b)] & PLAIN != 0
}

/// Whether `b` may stand in a host name or an IPv4 address.
pub(super) fn is_host(b: u8) -> bool {
    CLASSES[usize::from(b)] & HOST != 0
}

/// Whether `b` is white space, of a fold too: a folded value still holds its line ends.
pub(super) const fn is_lws(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether `text` is a token.
pub(super) fn is_all_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| is_token(b))
}

/// How many octets of `text` come before `stop`, quoted strings passed over; all of them where it does not come.
pub(super) fn before(text: &[u8], stop: u8) -> usize {
    let mut quoted = false;
    let mut octets = text.iter().enumerate();
    while let Some((i, &b)) = octets.next() {
        match b {
            b'"' => quoted = !quoted,
            b'\\' if quoted => _ = octets.next(),
            _ if b == stop && !quoted => return i,
            _ => {}
        }
    }
    text.len()
}

/// Takes text behind an opening quote, gives how many octets come before the closing one; `None` where it does not close.
pub(super) fn quoted_len(text: &[u8]) -> Option<usize> {
    let mut octets = text.iter().enumerate();
    while let Some((i, &b)) = octets.next() {
        match b {
            b'"' => return Some(i),
            b'\\' => _ = octets.next(),
            _ => {}
        }
    }
    None
}

/// Where `part`, borrowed from `whole`, stands in it; `None` where it is not part of it.
pub(super) fn place_of(part: &[u8], whole: &[u8]) -> Option<Span> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    (start + part.len() <= whole.len()).then(|| Span::new(start, start + part.len()))
}
