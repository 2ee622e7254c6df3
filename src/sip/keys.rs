//! Takes the header lines of a message, gives what dialogs and transactions are matched by, never a key that nobody wrote.

use super::grammar::{self, Read};
use super::message::TopVia;
use super::octet::place_of;
use super::value::{cseq, elements, name_addr, number};
use super::{CSeq, Flaw, FlawKind, Header, HeaderName, Method, Start};
use crate::base::Span;

/// What dialogs and transactions are matched by, and how long the body is said to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) call_id: Span,
    pub(super) from_tag: Option<Span>,
    pub(super) to_tag: Option<Span>,
    pub(super) branch: Option<Span>,
    pub(super) cseq: Option<CSeq>,
    /// The topmost Via.
    pub(super) via: Option<TopVia>,
    /// How many Via elements there are.
    pub(super) vias: u32,
    /// Content-Length and where it stands; `None` where it is absent or no number.
    pub(super) content_length: Option<(u64, Span)>,
}

/// The headers that may stand once (RFC 3261 §7.3.1, §20 and the RFC of each) and that something is decided by.
static SINGLE: [bool; 128] = {
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
    let mut table = [false; 128];
    let mut i = 0;
    while i < single.len() {
        table[single[i] as usize] = true;
        i += 1;
    }
    table
};

impl Keys {
    /// Reads the keys, the first line of each header, and notes what is wrong with the headers that routing, dialogs and transactions hang on.
    pub(super) fn of(text: &[u8], start: Start, headers: &[Header], flaws: &mut Vec<Flaw>) -> Self {
        let mut reader = Reader { text, start, keys: Self::default() };
        let mut seen = [false; 128];
        for header in headers {
            let first = seen.get_mut(header.id as usize).is_some_and(|seen| !std::mem::replace(seen, true));
            let kind = match first || !SINGLE.get(header.id as usize).is_some_and(|single| *single) {
                true => reader.read(header, first).map(|kind| Flaw { kind, at: header.value }),
                false => Some(Flaw { kind: FlawKind::Duplicate, at: header.name }),
            };
            flaws.extend(kind);
        }
        reader.keys
    }
}

/// Reads header lines, one after the other.
struct Reader<'a> {
    text: &'a [u8],
    start: Start,
    keys: Keys,
}

impl<'a> Reader<'a> {
    /// Takes in one header line, gives what is wrong with it.
    fn read(&mut self, header: &Header, first: bool) -> Option<FlawKind> {
        let value = header.value.of(self.text);
        match header.id {
            HeaderName::From => {
                let (tag, fault) = self.party(value);
                self.keys.from_tag = tag;
                fault
            }
            HeaderName::To => {
                let (tag, fault) = self.party(value);
                self.keys.to_tag = tag;
                fault
            }
            HeaderName::CallId => {
                self.keys.call_id = header.value;
                grammar::call_id(value)
            }
            HeaderName::CSeq => self.cseq(value),
            HeaderName::Via => self.via(value, first),
            HeaderName::ContentLength => {
                self.keys.content_length = number(value).map(|length| (length, header.value));
                self.keys.content_length.is_none().then_some(FlawKind::BadContentLength)
            }
            HeaderName::Contact if value == b"*" => None,
            HeaderName::Contact | HeaderName::Route | HeaderName::RecordRoute => steering(header.id, value),
            id => grammar::fault(id, value),
        }
    }

    /// From or To: its tag.
    fn party(&self, value: &[u8]) -> (Option<Span>, Option<FlawKind>) {
        let (params, good) = match grammar::behind_usual_address(value) {
            Some(params) => (params, true),
            None => match name_addr(value) {
                Some(named) => (named.params, grammar::is_address(value, named.address)),
                None => return (None, Some(FlawKind::BadSyntax)),
            },
        };
        let (tag, clean) = grammar::parameter(params, b"tag");
        let good = good && clean;
        (tag.and_then(|tag| place_of(tag, self.text)), (!good).then_some(FlawKind::BadSyntax))
    }

    fn cseq(&mut self, value: &[u8]) -> Option<FlawKind> {
        let Some((number, token)) = cseq(value) else { return Some(FlawKind::BadSyntax) };
        self.keys.cseq = u32::try_from(number).ok().map(|number| CSeq { number, method: Method::of(token) });
        // RFC 3261 §8.1.1.5: below 2^31.
        if number >= 1 << 31 {
            return Some(FlawKind::OutOfRange);
        }
        let own = matches!(self.start, Start::Request { token: own, .. } if own.of(self.text) != token);
        own.then_some(FlawKind::MethodMismatch)
    }

    fn via(&mut self, value: &'a [u8], first: bool) -> Option<FlawKind> {
        let mut fault = None;
        for (i, element) in elements(value).enumerate() {
            self.keys.vias = self.keys.vias.saturating_add(1);
            let read = grammar::via(element);
            if first && i == 0 {
                self.top_via(&read);
                fault = read.fault.or_else(|| grammar::branch(read.branch));
            }
            fault = fault.or(read.fault);
        }
        fault
    }

    fn top_via(&mut self, read: &Read<'_>) {
        let place = |part: &[u8]| place_of(part, self.text);
        self.keys.branch = read.branch.and_then(place);
        self.keys.via = read.via.map(|via| TopVia {
            transport: place(via.transport).unwrap_or_default(),
            host: place(via.host).unwrap_or_default(),
            port: via.port,
            received: read.received.flatten().and_then(place),
            rport: read.rport.map(|value| value.and_then(place).unwrap_or_default()),
            has_maddr: read.has_maddr,
        });
    }
}

/// What is wrong with a Contact, Route or Record-Route.
fn steering(id: HeaderName, value: &[u8]) -> Option<FlawKind> {
    // With a comma behind it, it is a list.
    if grammar::behind_usual_address(value).is_some_and(|params| params.0.is_empty()) {
        return None;
    }
    let good = elements(value).all(|element| {
        let bracketed = id == HeaderName::Contact || element.contains(&b'<');
        let named = name_addr(element).filter(|_| bracketed);
        named.is_some_and(|a| grammar::are_parameters(a.params) && grammar::is_address(element, a.address))
    });
    (!good).then_some(FlawKind::BadSyntax)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::{Message, parse};

    fn message(header: &str) -> Message {
        parse(format!("BYE sip:b@x SIP/2.0\r\n{header}\r\n\r\n").as_bytes(), false).unwrap()
    }

    /// The tag of a From, and what is wrong with it.
    fn from(value: &str) -> (Option<String>, Vec<FlawKind>) {
        let message = message(&format!("From: {value}"));
        let tag = message.from_tag().map(|tag| String::from_utf8_lossy(tag).into_owned());
        (tag, message.flaws().iter().map(|f| f.kind).collect())
    }

    #[test]
    fn an_address_is_held_against_its_grammar() {
        for good in [
            "sip:a@b",
            "sip:a@b ;   tag    = 1918181833n",
            "\"J \\\\\\\"\"       <sip:j@x>\r\n  ;\r\n  tag = 98asjd8",
            "token1~` token2'+_ token3*%!.- <sip:m@x>;f''~+*_!.-%=\"\u{430}\";tag=_token~1'+`*%!-.",
            "caller<sip:c@x>;tag=323",
            "isbn:2983792873",
            "<sip:a@b?Route=%3Csip:c%3E>",
            "Jos\u{e9} <tel:+49301234>;tag=1",
        ] {
            assert_eq!(from(good).1, [], "{good}");
        }
        for bad in [
            "",
            "\"Mr. J. User <sip:j.user@example.com>",
            "\"Watson, Thomas\" < sip:t.watson@example.org >",
            "Watson, Thomas <sip:t.watson@example.org>",
            "sip:user@example.com?Route=%3Csip:sip.example.com%3E",
            "<sip:a@b>;;;;",
            "<sip:a@b> tag=1",
            "<sip:a@b>;tag=\"x",
            "sip:2001:db8::10",
            "<a@b>",
        ] {
            assert_eq!(from(bad).1, [FlawKind::BadSyntax], "{bad}");
        }
    }

    #[test]
    fn a_tag_is_found_also_behind_an_address_that_is_wrong() {
        assert_eq!(from("<sip:2001:db8::10>;x;TAG=7").0.as_deref(), Some("7"));
        assert_eq!(from("<sip:a@b>;tag=").0, None);
    }

    #[test]
    fn addresses_stand_in_order_with_their_places() {
        let message =
            message("To: <sip:+491;npdi@[2001:db8::1]:5070;user=phone>\r\nRoute: <sip:a.example;lr>, <sips:192.0.2.1>\r\nContact: *");
        use HeaderName as H;
        let all = message.target().into_iter().chain([H::To, H::Route, H::Contact].into_iter().flat_map(|id| message.addresses_of(id)));
        let lossy = |text| String::from_utf8_lossy(text).into_owned();
        let read: Vec<_> = all.map(|a| (a.header, lossy(message.at(a.at)), a.uri.map(|u| lossy(u.host)), a.ip().is_some())).collect();
        let expected = [
            (None, "sip:b@x", Some("x"), false),
            (Some(H::To), "sip:+491;npdi@[2001:db8::1]:5070;user=phone", Some("2001:db8::1"), true),
            (Some(H::Route), "sip:a.example;lr", Some("a.example"), false),
            (Some(H::Route), "sips:192.0.2.1", Some("192.0.2.1"), true),
            (Some(H::Contact), "*", None, false),
        ];
        assert_eq!(read, expected.map(|(header, at, host, ip)| (header, at.to_owned(), host.map(str::to_owned), ip)));
    }

    #[test]
    fn the_topmost_via_tells_where_responses_go() {
        let message = message(
            "Via: SIP/2.0/TLS a.example:5071;rport;branch=z9hG4bK1;RECEIVED=192.0.2.9, SIP/2.0/UDP b\r\nVia: SIP/2.0/UDP c;maddr=x",
        );
        let top = message.top_via().unwrap();
        assert_eq!((message.at(top.transport), message.at(top.host), top.port), (&b"TLS"[..], &b"a.example"[..], Some(5071)));
        assert_eq!(
            (top.received.map(|at| message.at(at)), top.rport, top.has_maddr),
            (Some(&b"192.0.2.9"[..]), Some(Span::default()), false)
        );
        assert_eq!(message.via_count(), 3);
    }
}
