//! Takes the header lines of a message, gives what dialogs and transactions are matched by, never a key that nobody wrote.

use super::grammar;
use super::octet::place_of;
use super::value::{cseq, elements, number};
use super::{CSeq, Flaw, FlawKind, Header, HeaderName, Method, Start};
use crate::base::Span;

/// What dialogs and transactions are matched by, and how long the body is said to be.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) call_id: Span,
    pub(super) from_tag: Option<Span>,
    pub(super) to_tag: Option<Span>,
    pub(super) branch: Option<Span>,
    pub(super) cseq: Option<CSeq>,
    /// Content-Length and where it stands; `None` where it is absent or no number.
    pub(super) content_length: Option<(u64, Span)>,
}

/// The headers that may stand once (RFC 3261 §7.3.1, §20 and the RFC of each) and that something is decided by.
const SINGLE: u128 = {
    use HeaderName as H;
    let single = [
        H::From,
        H::To,
        H::CallId,
        H::CSeq,
        H::MaxForwards,
        H::ContentLength,
        H::ContentType,
        H::Expires,
        H::Date,
        H::MinExpires,
        H::SessionExpires,
        H::MinSe,
        H::RAck,
        H::RSeq,
        H::Event,
        H::SubscriptionState,
        H::ReferTo,
        H::ReferredBy,
        H::Replaces,
        H::SipEtag,
        H::SipIfMatch,
        H::MimeVersion,
        H::ContentDisposition,
    ];
    let mut bits = 0;
    let mut i = 0;
    while i < single.len() {
        bits |= 1 << single[i] as u32;
        i += 1;
    }
    bits
};

impl Keys {
    /// Reads the keys, the first line of each header, and notes what is wrong with the headers that routing, dialogs and transactions hang on.
    pub(super) fn of(text: &[u8], start: Start, headers: &[Header], flaws: &mut Vec<Flaw>) -> Self {
        let mut keys = Self::default();
        let mut seen = 0_u128;
        for header in headers {
            let bit = 1 << header.id as u32;
            let first = seen & bit == 0;
            seen |= bit;
            if !first && SINGLE & bit != 0 {
                flaws.push(Flaw { kind: FlawKind::Duplicate, at: header.name });
                continue;
            }
            let kind = keys.read(text, start, header, first);
            flaws.extend(kind.map(|kind| Flaw { kind, at: header.value }));
        }
        keys
    }

    /// Takes in one header line, gives what is wrong with it.
    fn read(&mut self, text: &[u8], start: Start, header: &Header, first: bool) -> Option<FlawKind> {
        let value = header.value.of(text);
        match header.id {
            HeaderName::From => {
                let from = grammar::party(value);
                self.from_tag = from.parameter.and_then(|tag| place_of(tag, text));
                from.fault
            }
            HeaderName::To => {
                let to = grammar::party(value);
                self.to_tag = to.parameter.and_then(|tag| place_of(tag, text));
                to.fault
            }
            HeaderName::CallId => {
                self.call_id = header.value;
                grammar::call_id(value)
            }
            HeaderName::CSeq => self.cseq(text, start, value),
            HeaderName::Via => self.via(text, value, first),
            HeaderName::ContentLength => {
                self.content_length = number(value).map(|length| (length, header.value));
                self.content_length.is_none().then_some(FlawKind::BadContentLength)
            }
            id => grammar::fault(id, value),
        }
    }

    fn cseq(&mut self, text: &[u8], start: Start, value: &[u8]) -> Option<FlawKind> {
        let Some((number, token)) = cseq(value) else { return Some(FlawKind::BadSyntax) };
        self.cseq = u32::try_from(number).ok().map(|number| CSeq { number, method: Method::of(token) });
        // RFC 3261 §8.1.1.5: below 2^31.
        if number >= 1 << 31 {
            return Some(FlawKind::OutOfRange);
        }
        let own = matches!(start, Start::Request { token: own, .. } if own.of(text) != token);
        own.then_some(FlawKind::MethodMismatch)
    }

    fn via(&mut self, text: &[u8], value: &[u8], first: bool) -> Option<FlawKind> {
        let mut fault = None;
        for (i, element) in elements(value).enumerate() {
            let via = grammar::via(element);
            if first && i == 0 {
                self.branch = via.parameter.and_then(|branch| place_of(branch, text));
                fault = via.fault.or_else(|| grammar::branch(via.parameter));
            }
            fault = fault.or(via.fault);
        }
        fault
    }
}
