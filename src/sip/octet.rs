//! Takes one octet, gives the classes of RFC 3261 §25.1 that it is in, never looks at its neighbours.

use crate::base::Span;

const TOKEN: u8 = 1;
const HOST: u8 = 2;
const URI: u8 = 4;
const PLAIN: u8 = 8;
const BARE: u8 = 16;
const USER: u8 = 32;
const VISIBLE: u8 = 64;
const PARAMS: u8 = 128;

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut b = 0;
    while b < 256 {
        let c = b as u8;
        if c > b' ' && !matches!(c, b'<' | b'>' | b'"' | 0x7F) {
            classes[b] |= URI;
            if !matches!(c, b'@' | b':' | b'[') {
                classes[b] |= USER;
            }
            if c != b'?' {
                classes[b] |= PARAMS;
            }
        }
        if !is_lws(c) && !matches!(c, b'"' | b';') {
            classes[b] |= PLAIN;
        }
        if !matches!(c, b',' | b'?') {
            classes[b] |= BARE;
        }
        if c.is_ascii_graphic() {
            classes[b] |= VISIBLE;
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

/// How many octets at the beginning of `text` may stand in a token.
pub(super) fn token_len(text: &[u8]) -> usize {
    run(text, TOKEN)
}

/// How many may stand in a parameter value without quotes: more than the grammar allows, nothing that would end or hide it.
pub(super) fn plain_len(text: &[u8]) -> usize {
    run(text, PLAIN)
}

/// How many may stand in a host name or an IPv4 address.
pub(super) fn host_len(text: &[u8]) -> usize {
    run(text, HOST)
}

/// How many may stand in a URI and neither end its user nor show that there is none, as `@`, `:` and `[` do.
pub(super) fn user_len(text: &[u8]) -> usize {
    run(text, USER)
}

/// How many may stand in the parameters of a URI, `;` included.
pub(super) fn uri_params_len(text: &[u8]) -> usize {
    run(text, PARAMS)
}

/// Whether all octets of `text` are visible ASCII.
pub(super) fn is_all_visible(text: &[u8]) -> bool {
    text.iter().fold(VISIBLE, |all, &b| all & CLASSES[usize::from(b)]) != 0
}

/// How many octets at the beginning of `text` are of a class. Four at a time: most of the work on a message is done here.
#[inline]
fn run(text: &[u8], class: u8) -> usize {
    let is = |b: u8| CLASSES[usize::from(b)] & class != 0;
    let mut rest = text;
    while let &[a, b, c, d, ref behind @ ..] = rest {
        let at = text.len() - rest.len();
        match (is(a), is(b), is(c), is(d)) {
            (true, true, true, true) => rest = behind,
            (false, ..) => return at,
            (_, false, ..) => return at + 1,
            (_, _, false, _) => return at + 2,
            _ => return at + 3,
        }
    }
    text.len() - rest.len() + rest.iter().take_while(|&&b| is(b)).count()
}

/// Whether every octet of `text` may stand in a URI, and outside angle brackets (RFC 3261 §20.10: not with a comma or question mark).
pub(super) fn is_all_uri(text: &[u8]) -> (bool, bool) {
    let all = text.iter().fold(URI | BARE, |all, &b| all & CLASSES[usize::from(b)]);
    (all & URI != 0, all == URI | BARE)
}

/// Whether `b` is white space, of a fold too: a folded value still holds its line ends.
pub(super) const fn is_lws(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether `text` is a token.
pub(super) fn is_all_token(text: &[u8]) -> bool {
    !text.is_empty() && token_len(text) == text.len()
}

/// How many octets of `text` come before `stop`, quoted strings passed over; all of them where it does not come.
pub(super) fn before(text: &[u8], stop: u8) -> usize {
    // Hardly any text has quotes.
    let plain = text.iter().position(|&b| b == stop || b == b'"').unwrap_or(text.len());
    if text.get(plain) != Some(&b'"') {
        return plain;
    }
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
