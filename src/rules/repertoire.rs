//! Takes the messages that one party sends another, gives what they show that it can, never a verdict (`standards.md` §5.4).

use crate::base::{Origin, Time};
use crate::call::{Place, Standing};
use crate::policy::Terms;
use crate::sdp::Description;
use crate::sip::value::elements;
use crate::sip::{Arrival, HeaderName, Message, Method};

/// What messages show of support for an RFC; any one of them will do.
type Shows = fn(&Message, Option<&Description>) -> bool;

/// RFCs of which a message can show that its sender supports them: by an option tag in Supported or Require, and by what else.
const EVIDENCE: &[(u32, &str, Shows)] = &[
    (3261, "", |_, _| true),
    (3262, "100rel", |m, _| is(m, Method::Prack) || allows(m, Method::Prack)),
    (3311, "", |m, _| is(m, Method::Update) || allows(m, Method::Update)),
    (3312, "precondition", |_, sdp| has_attribute(sdp, b"curr")),
    (3323, "", |m, _| m.has(HeaderName::Privacy)),
    (3325, "", |m, _| m.has(HeaderName::PAssertedIdentity)),
    (3326, "", |m, _| m.has(HeaderName::Reason)),
    (3515, "norefersub", |m, _| is(m, Method::Refer) || allows(m, Method::Refer)),
    (3581, "", |m, _| m.is_request() && m.top_via().is_some_and(|via| via.rport.is_some())),
    (3891, "replaces", |m, _| m.has(HeaderName::Replaces)),
    (4028, "timer", |m, _| m.has(HeaderName::SessionExpires)),
    (4733, "", |_, sdp| codecs(sdp).any(|name| name.eq_ignore_ascii_case("telephone-event"))),
    (4916, "from-change", |_, _| false),
    (5627, "gruu", |_, _| false),
    (6086, "", |m, _| m.has(HeaderName::RecvInfo)),
    (6665, "", |m, _| is(m, Method::Subscribe) || is(m, Method::Notify) || m.has(HeaderName::AllowEvents)),
    (7044, "histinfo", |m, _| m.has(HeaderName::HistoryInfo)),
    (7989, "", |m, _| m.has(HeaderName::SessionId)),
    (8224, "", |m, _| m.has(HeaderName::Identity)),
    (8445, "", |_, sdp| has_attribute(sdp, b"ice-ufrag")),
    (8839, "", |_, sdp| has_attribute(sdp, b"ice-ufrag")),
    (8866, "", |_, sdp| sdp.is_some()),
];

/// What a party showed another that it can, over the whole capture: mergeable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repertoire {
    /// Requests that form dialogs, and 2xx to INVITE, that it sent.
    pub dialogs: u64,
    /// The first of them.
    pub first: Option<(Origin, Time)>,
    /// Allow headers in its INVITEs, and in its 2xx to INVITE and OPTIONS.
    pub allows: u64,
    /// The message with the first of those.
    pub first_allow: Option<(Origin, Time)>,
    /// Bit n: a registered method that any of them lists.
    allowed: u32,
    /// Whether the capture cut any of them.
    pub half: bool,
    /// The Allow line that was read last: a border element writes the same one each time.
    last_allow: Box<[u8]>,
    /// Bit n: an RFC of [`EVIDENCE`] of which there is any.
    shown: u32,
}

impl Repertoire {
    /// Takes note of a message; of support for RFCs only where somebody `asks`.
    pub fn hear(&mut self, arrival: &Arrival, place: &Place, sdp: Option<&Description>, asks: bool) {
        let message = &arrival.message;
        let at = Some((arrival.envelope.origin, arrival.envelope.first));
        let is_success = message.code().is_some_and(|code| code / 100 == 2);
        let method = place.method;
        let forms = match message.method() {
            Some(Method::Invite | Method::Subscribe | Method::Refer) => place.standing == Standing::Initial,
            Some(_) => false,
            None => is_success && method == Some(Method::Invite) && place.answers_initial(),
        };
        if forms {
            self.dialogs += 1;
            self.first = [self.first, at].into_iter().flatten().min();
        }
        let tells = message.method() == Some(Method::Invite) || (is_success && matches!(method, Some(Method::Invite | Method::Options)));
        if tells && message.has(HeaderName::Allow) {
            self.allows += 1;
            self.first_allow = [self.first_allow, at].into_iter().flatten().min();
            for line in message.lines(HeaderName::Allow) {
                self.half |= arrival.is_half(line.value);
                let line = message.at(line.value);
                if *line != *self.last_allow {
                    self.allowed |= listed(line);
                    self.last_allow = line.into();
                }
            }
        }
        if asks {
            let missing = |shown: u32| EVIDENCE.iter().enumerate().filter(move |(n, _)| shown & 1 << n == 0);
            for tag in tags(message) {
                let named = missing(self.shown).find(|(_, (_, wanted, _))| tag.eq_ignore_ascii_case(wanted.as_bytes()));
                self.shown |= named.map_or(0, |(n, _)| 1 << n);
            }
            let shown = missing(self.shown).filter(|(_, (_, _, shows))| shows(message, sdp));
            self.shown |= shown.fold(0, |bits, (n, _)| bits | 1 << n);
        }
    }

    /// Adds that of another part.
    pub fn merge(&mut self, other: &Self) {
        self.dialogs += other.dialogs;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.allows += other.allows;
        self.first_allow = [self.first_allow, other.first_allow].into_iter().flatten().min();
        self.allowed |= other.allowed;
        self.half |= other.half;
        self.shown |= other.shown;
    }

    /// Whether any Allow header lists a method.
    #[must_use]
    pub const fn allows(&self, method: Method) -> bool {
        self.allowed & 1 << method as u32 != 0
    }

    /// Whether any message shows support for an RFC; `None` where none could.
    #[must_use]
    pub fn shows(&self, rfc: u32) -> Option<bool> {
        let place = EVIDENCE.iter().position(|(number, ..)| *number == rfc)?;
        Some(self.shown & 1 << place != 0)
    }
}

/// What one party showed another, and what was agreed both ways.
#[derive(Clone, Copy, Debug)]
pub struct RepertoireSubject<'a> {
    /// What it showed.
    pub repertoire: &'a Repertoire,
    /// What was agreed for what it sends.
    pub terms: &'a Terms,
    /// What was agreed for what is sent to it: Allow speaks of that.
    pub received: &'a Terms,
}

fn is(message: &Message, method: Method) -> bool {
    message.method() == Some(method)
}

fn methods(message: &Message) -> impl Iterator<Item = Method> {
    message.lines(HeaderName::Allow).flat_map(|line| elements(message.at(line.value))).map(Method::of)
}

fn allows(message: &Message, method: Method) -> bool {
    message.has(HeaderName::Allow) && methods(message).any(|listed| listed == method)
}

/// The registered methods that an Allow line lists, a bit each.
fn listed(line: &[u8]) -> u32 {
    elements(line).map(Method::of).filter(|method| *method != Method::Other).fold(0, |bits, method| bits | 1 << method as u32)
}

/// Whether Supported or Require name an option tag.
pub(super) fn has_tag(message: &Message, tag: &str) -> bool {
    tags(message).any(|element| element.eq_ignore_ascii_case(tag.as_bytes()))
}

/// The option tags of Supported and Require.
fn tags(message: &Message) -> impl Iterator<Item = &[u8]> {
    let naming = [HeaderName::Supported, HeaderName::Require].into_iter().filter(|&id| message.has(id));
    naming.flat_map(|id| message.lines(id)).flat_map(|line| elements(message.at(line.value)))
}

fn has_attribute(sdp: Option<&Description>, name: &'static [u8]) -> bool {
    sdp.is_some_and(|sdp| sdp.attributes(0..sdp.lines().len(), name).next().is_some())
}

fn codecs(sdp: Option<&Description>) -> impl Iterator<Item = &str> {
    sdp.into_iter().flat_map(|sdp| sdp.media()).flat_map(|media| &media.codecs).map(|codec| &*codec.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::parse;

    /// RFC 3262 §3, RFC 3311 §4, RFC 4733, RFC 7044: what a message says of its sender.
    #[test]
    fn any_one_piece_of_evidence_will_do() {
        let message = |head: &str| {
            let text = format!("{head}\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
            Arrival { message: parse(text.as_bytes(), false).unwrap(), ..Arrival::default() }
        };
        let shown = |head: &str, sdp: Option<&str>| {
            let sdp = sdp.map(|text| Description::parse(text.as_bytes()));
            let mut repertoire = Repertoire::default();
            repertoire.hear(&message(head), &Place::default(), sdp.as_ref(), true);
            EVIDENCE.iter().map(|(rfc, ..)| *rfc).filter(|rfc| repertoire.shows(*rfc) == Some(true)).collect::<Vec<_>>()
        };
        assert_eq!(shown("INVITE sip:a@b SIP/2.0", None), [3261]);
        assert_eq!(shown("INVITE sip:a@b SIP/2.0\r\nk: 100REL, histinfo", None), [3261, 3262, 7044]);
        assert_eq!(shown("INVITE sip:a@b SIP/2.0\r\nAllow: INVITE, PRACK, UPDATE", None), [3261, 3262, 3311]);
        let sdp = "v=0\r\nm=audio 9 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\na=ice-ufrag:x\r\n";
        assert_eq!(shown("SIP/2.0 200 OK", Some(sdp)), [3261, 4733, 8445, 8839, 8866]);
        assert_eq!(Repertoire::default().shows(6026), None, "no single message shows it");
    }

    #[test]
    fn there_is_a_bit_for_each() {
        assert!(EVIDENCE.len() <= 32 && Method::REGISTERED.len() <= 32);
    }
}
