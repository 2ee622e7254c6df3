//! Takes a message, gives the kinds of privacy its caller asks for, never whether they were granted (RFC 3323 §4.2, RFC 3325 §9.3).

use crate::sip::{HeaderName, Message};

/// Whether Privacy names one of these values.
pub(super) fn asks(message: &Message, kinds: &[&[u8]]) -> bool {
    let named = |value: &[u8]| kinds.iter().any(|kind| value.trim_ascii().eq_ignore_ascii_case(kind));
    // The grammar has semicolons; commas are common, as in any list header.
    message.all(HeaderName::Privacy).any(|line| line.split(|b| matches!(b, b';' | b',')).any(named))
}

/// Whether an address of From names nobody (RFC 3323 §4.1.1.3).
pub(super) fn is_anonymous(message: &Message) -> Option<bool> {
    let line = message.header(HeaderName::From)?;
    let from = crate::sip::value::name_addr(message.at(line.value))?;
    let named = from.display.is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(b"anonymous"));
    let uri = from.uri()?;
    let user = uri.user_name().is_some_and(|user| user.eq_ignore_ascii_case(b"anonymous"));
    Some(named || user || uri.host.eq_ignore_ascii_case(b"anonymous.invalid"))
}
