//! Takes `;name=value` text, gives its parameters, never decides what they mean.

use crate::sip::octet::before;

/// The parameters behind a header value, a URI or a Via.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a>(pub &'a [u8]);

impl<'a> Params<'a> {
    /// Each parameter with its value; names as written; quotes of a quoted value are kept off.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        let mut rest = self;
        std::iter::from_fn(move || rest.next_piece().map(taken_apart))
    }

    /// The text of the next parameter.
    fn next_piece(&mut self) -> Option<&'a [u8]> {
        while !self.0.is_empty() {
            let (piece, behind) = split(self.0, b';');
            self.0 = behind.unwrap_or_default();
            let piece = piece.trim_ascii();
            if !piece.is_empty() {
                return Some(piece);
            }
        }
        None
    }

    /// The value of the first parameter called `name`, in any case; `Some(None)` for a flag.
    #[must_use]
    pub fn get(mut self, name: &[u8]) -> Option<Option<&'a [u8]>> {
        while let Some(piece) = self.next_piece() {
            // Only what begins so is worth taking apart.
            if piece.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name)) {
                let (own, value) = taken_apart(piece);
                if own.len() == name.len() {
                    return Some(value);
                }
            }
        }
        None
    }

    /// The value of the first parameter called `name` that has one.
    #[must_use]
    pub fn value(self, name: &[u8]) -> Option<&'a [u8]> {
        self.get(name).flatten()
    }

    /// Whether there is a parameter called `name`.
    #[must_use]
    pub fn has(self, name: &[u8]) -> bool {
        self.get(name).is_some()
    }
}

/// The name and the value of a parameter.
fn taken_apart(piece: &[u8]) -> (&[u8], Option<&[u8]>) {
    let (name, value) = split(piece, b'=');
    (name.trim_ascii_end(), value.map(|v| unquote(v.trim_ascii_start())))
}

/// What is before the first `stop` outside quotes, and what is behind it where it comes.
fn split(text: &[u8], stop: u8) -> (&[u8], Option<&[u8]>) {
    let end = before(text, stop);
    (text.get(..end).unwrap_or(text), text.get(end + 1..))
}

/// A quoted string without its quotes, escapes left as they are; other text as it is.
fn unquote(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inside @ .., b'"'] => inside,
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_flags_values_and_quoted_values_with_white_space_of_any_kind() {
        let params = Params(b" ;lr ; Tag\r\n = 98asjd8;+sip.instance=\"<urn:uuid:1;2>\";empty=");
        assert_eq!(params.value(b"tag"), Some(&b"98asjd8"[..]));
        assert_eq!(params.get(b"LR"), Some(None));
        assert_eq!(params.value(b"+sip.instance"), Some(&b"<urn:uuid:1;2>"[..]));
        assert_eq!(params.value(b"empty"), Some(&b""[..]));
        assert!(!params.has(b"2>"));
        assert_eq!(params.iter().count(), 4);
    }

    #[test]
    fn empty_parameters_are_left_out() {
        assert_eq!(Params(b";;,;,,").iter().map(|(n, _)| n).collect::<Vec<_>>(), [&b","[..], b",,"]);
        assert_eq!(Params(b"").iter().count(), 0);
    }
}
