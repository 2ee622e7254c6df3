//! Takes the value of CSeq or RAck, gives its numbers and method, never judges their range (RFC 3261 §20.16, RFC 3262 §7.2).

use super::number;
use crate::sip::octet::{is_all_token, is_lws};

/// Takes the value of CSeq, gives its number (saturating) and its method token.
#[must_use]
pub fn cseq(value: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = value.split_at_checked(value.iter().position(|&b| is_lws(b))?)?;
    let method = rest.trim_ascii();
    Some((number(digits)?, is_all_token(method).then_some(method)?))
}

/// The value of RAck: which reliable response a PRACK acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RAck<'a> {
    /// The RSeq of the response, saturating.
    pub response: u64,
    /// The CSeq number of the response, saturating.
    pub cseq: u64,
    /// The method of the response's CSeq.
    pub method: &'a [u8],
}

/// Takes the value of RAck.
#[must_use]
pub fn rack(value: &[u8]) -> Option<RAck<'_>> {
    let (response, rest) = value.split_at_checked(value.iter().position(|&b| is_lws(b))?)?;
    let (cseq, method) = cseq(rest.trim_ascii_start())?;
    Some(RAck { response: number(response)?, cseq, method })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_and_method_apart_by_any_white_space() {
        assert_eq!(cseq(b"0009\r\n  INVITE"), Some((9, &b"INVITE"[..])));
        assert_eq!(cseq(b"36893488147419103232\tREGISTER"), Some((u64::MAX, &b"REGISTER"[..])));
        assert_eq!(rack(b"776656 1 INVITE"), Some(RAck { response: 776_656, cseq: 1, method: b"INVITE" }));
    }

    #[test]
    fn what_is_incomplete_is_none() {
        assert_eq!([cseq(b""), cseq(b"1"), cseq(b"1 "), cseq(b"x INVITE"), cseq(b"1 IN VITE")], [None; 5]);
        assert_eq!([rack(b"1 INVITE"), rack(b""), rack(b"1 2")], [None; 3]);
    }
}
