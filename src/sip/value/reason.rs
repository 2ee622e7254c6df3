//! Takes one element of Reason, gives protocol and cause, never what the cause means (RFC 3326 §2).

use memchr::memchr;

use super::{Params, number};
use crate::sip::octet::is_all_token;

/// Why a request was sent or a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReasonValue<'a> {
    /// `SIP`, `Q.850` and the like, as written.
    pub protocol: &'a [u8],
    /// The cause, saturating.
    pub cause: Option<u64>,
    /// The text, escapes left as they are.
    pub text: Option<&'a [u8]>,
}

/// Takes one list element; `None` where it does not begin with a token.
#[must_use]
pub fn reason(element: &[u8]) -> Option<ReasonValue<'_>> {
    let (protocol, params) = element.split_at_checked(memchr(b';', element).unwrap_or(element.len()))?;
    let (protocol, params) = (protocol.trim_ascii(), Params(params));
    is_all_token(protocol).then(|| ReasonValue { protocol, cause: params.value(b"cause").and_then(number), text: params.value(b"text") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_protocol_cause_and_text() {
        let read = reason(b"Q.850 ;cause=16 ;text=\"Terminated\"").unwrap();
        assert_eq!((read.protocol, read.cause, read.text), (&b"Q.850"[..], Some(16), Some(&b"Terminated"[..])));
        assert_eq!(reason(b"SIP").map(|r| r.cause), Some(None));
        assert_eq!([reason(b""), reason(b";cause=16")], [None; 2]);
    }
}
