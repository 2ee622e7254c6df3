//! Takes a message with its place in its call, gives what reports show of it, never how they show it.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::judge::Judge;
use super::sides::Sides;
use crate::base::{Origin, Time};
use crate::call::{Place, Repeat};
use crate::policy::Party;
use crate::sdp::{Description, Media, SdpRole};
use crate::sip::value::Params;
use crate::sip::{Arrival, FlawKind, HeaderName, Message};

/// Which messages someone wants the rows of.
#[derive(Clone, Default)]
pub enum MessageWish {
    /// None: they cost nothing.
    #[default]
    None,
    /// Every one.
    All,
    /// Those of which this is true. It is asked on many threads, in no order.
    Those(Arc<dyn Fn(&Message) -> bool + Send + Sync>),
}

impl std::fmt::Debug for MessageWish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::All => "All",
            Self::Those(_) => "Those",
        })
    }
}

impl MessageWish {
    fn has(&self, message: &Message) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Those(wanted) => wanted(message),
        }
    }
}

/// A SIP message as reports show it. Text of the wire stands here as it came, octets that are no UTF-8 replaced: whoever writes it escapes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MessageRow {
    /// Capture time of its last packet.
    pub time: Time,
    /// Capture time of its first packet.
    pub begun: Time,
    /// Index into the captures, and the frame that completed it: the place that findings name.
    pub capture: u32,
    pub frame: u32,
    /// Which of the messages of that frame it is, from 0.
    pub index: u16,
    /// Capture and frame of everything that carried octets of it, in order: TCP segments, SCTP chunks, IP fragments.
    pub frames: Vec<(u32, u32)>,
    pub from: String,
    pub to: String,
    pub source: String,
    pub destination: String,
    pub transport: Cow<'static, str>,
    pub call_id: String,
    pub request: bool,
    /// Of a request its own, of a response that of CSeq; `?` where neither can be read.
    pub method: String,
    pub code: Option<u16>,
    pub reason: Option<String>,
    pub uri: Option<String>,
    pub cseq: Option<u32>,
    /// The user parts of From, To and the first P-Asserted-Identity.
    pub from_user: Option<String>,
    pub to_user: Option<String>,
    pub asserted_user: Option<String>,
    pub from_tag: Option<String>,
    pub to_tag: Option<String>,
    /// Of the topmost Via.
    pub branch: Option<String>,
    /// Whether the side that sent the first request of the call sent it, where that is known.
    pub from_caller: Option<bool>,
    /// `first`, `retransmission`, or `mirror` where the tap saw the same packet again.
    pub seen: Cow<'static, str>,
    /// `offer`, `answer`, `preview`, `repeat` or `out of order`; `None` without SDP that can be placed.
    pub sdp: Option<Cow<'static, str>>,
    pub media: Vec<MediaLine>,
    /// User-Agent, or Server.
    pub agent: Option<String>,
    /// Session-ID (RFC 7989) and the `icid-value` of P-Charging-Vector (RFC 7315 §4.6): what ties the legs of a call together.
    pub session_id: Option<String>,
    pub charging_id: Option<String>,
    /// Octets of it that the capture holds.
    pub octets: u32,
    /// Whether the capture holds less of it than was sent.
    pub cut: bool,
    /// What is wrong with its form, each once.
    pub flaws: Vec<Cow<'static, str>>,
    /// Its octets, where they were wanted.
    #[serde(skip)]
    pub text: Option<Box<[u8]>>,
}

/// An m= line as reports show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MediaLine {
    /// `audio`, `image` …
    pub kind: String,
    pub protocol: String,
    /// The address of the c= line that applies.
    pub address: Option<String>,
    /// 0 where it is refused or removed.
    pub port: u16,
    /// `sendrecv` …
    pub direction: Cow<'static, str>,
    /// `PCMA/8000` …, by preference.
    pub codecs: Vec<String>,
}

/// `audio 192.0.2.1:4000 sendrecv PCMA/8000 telephone-event/8000`.
impl std::fmt::Display for MediaLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let address = self.address.as_deref().unwrap_or("?");
        write!(f, "{} {address}:{} {}", self.kind, self.port, self.direction)?;
        self.codecs.iter().try_for_each(|codec| write!(f, " {codec}"))
    }
}

/// A row that waits for the names of its parties: they are decided in the order of the capture.
#[derive(Clone, Debug)]
pub struct SeenMessage {
    origin: Origin,
    parties: (Party, Party),
    /// Sorting moves it many times, and a row is long.
    row: Box<MessageRow>,
}

impl SeenMessage {
    /// Its place in the order of the capture.
    #[must_use]
    pub const fn order(&self) -> (Origin, u16) {
        (self.origin, self.row.index)
    }
}

impl Judge<'_> {
    /// Notes a message for its row, where someone wants it.
    pub fn note_message(&mut self, arrival: &Arrival, place: &Place, sdp: Option<&Description>) {
        if !self.docket.messages_wanted.has(&arrival.message) {
            return;
        }
        let envelope = &arrival.envelope;
        let mut row = row_of(arrival, place, sdp);
        row.text = self.docket.wants_text.then(|| arrival.message.text().into());
        let parties = (self.policy.party(envelope.source.ip), self.policy.party(envelope.destination.ip));
        self.seen.push(SeenMessage { origin: envelope.origin, parties, row: Box::new(row) });
    }

    /// The row of a message, with the names of its parties.
    #[must_use]
    pub fn message_row(&self, seen: SeenMessage, sides: &Sides) -> MessageRow {
        let name = |party: Party| self.policy.party_name(sides.of(party));
        MessageRow { from: name(seen.parties.0), to: name(seen.parties.1), ..*seen.row }
    }
}

fn row_of(arrival: &Arrival, place: &Place, sdp: Option<&Description>) -> MessageRow {
    let (envelope, message) = (&arrival.envelope, &arrival.message);
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let user = |id: HeaderName| message.addresses_of(id).next().and_then(|a| a.uri?.user_name()).map(text);
    let header = |id: HeaderName| message.get(id).map(|value| text(&value));
    let mut carriers = arrival.carriers.clone();
    if carriers.is_empty() {
        carriers.push(envelope.origin);
    }
    carriers.sort_unstable();
    carriers.dedup();
    let mut flaws: Vec<_> = message.flaws().iter().map(|flaw| Cow::Borrowed(flaw_name(flaw.kind))).collect();
    flaws.sort_unstable();
    flaws.dedup();
    let vector = message.get(HeaderName::PChargingVector);
    MessageRow {
        time: envelope.last,
        begun: envelope.first,
        capture: envelope.origin.capture,
        frame: envelope.origin.frame,
        index: envelope.index,
        frames: carriers.iter().map(|origin| (origin.capture, origin.frame)).collect(),
        source: envelope.source.to_string(),
        destination: envelope.destination.to_string(),
        transport: envelope.transport.token().into(),
        call_id: text(message.call_id()),
        request: message.is_request(),
        method: message.method_text().into_owned(),
        code: message.code().filter(|&code| code > 0),
        reason: message.reason().map(text),
        uri: message.request_uri().map(text),
        cseq: message.cseq().map(|cseq| cseq.number),
        from_user: user(HeaderName::From),
        to_user: user(HeaderName::To),
        asserted_user: user(HeaderName::PAssertedIdentity),
        from_tag: message.from_tag().map(text),
        to_tag: message.to_tag().map(text),
        branch: message.branch().map(text),
        from_caller: place.from_caller,
        seen: Cow::Borrowed(match place.repeat {
            Repeat::First => "first",
            Repeat::Retransmission => "retransmission",
            Repeat::Mirror => "mirror",
        }),
        sdp: place.sdp_role.map(|role| Cow::Borrowed(role_name(role))),
        media: sdp.map(|sdp| sdp.media().iter().map(line).collect()).unwrap_or_default(),
        agent: header(HeaderName::UserAgent).or_else(|| header(HeaderName::Server)),
        session_id: header(HeaderName::SessionId),
        charging_id: vector.and_then(|vector| Params(&vector).value(b"icid-value").map(text)),
        octets: u32::try_from(message.text().len()).unwrap_or(u32::MAX),
        cut: envelope.cut,
        flaws,
        ..MessageRow::default()
    }
}

fn line(media: &Media) -> MediaLine {
    MediaLine {
        kind: media.kind.to_string(),
        protocol: media.proto.to_string(),
        address: media.address.as_ref().map(ToString::to_string),
        port: media.port,
        direction: media.direction.name().into(),
        codecs: media.codecs.iter().map(ToString::to_string).collect(),
    }
}

const fn role_name(role: SdpRole) -> &'static str {
    match role {
        SdpRole::Offer => "offer",
        SdpRole::Answer => "answer",
        SdpRole::Preview => "preview",
        SdpRole::Repeat => "repeat",
        SdpRole::OutOfOrder => "out of order",
    }
}

const fn flaw_name(kind: FlawKind) -> &'static str {
    match kind {
        FlawKind::BareLf => "bare-lf",
        FlawKind::NoEndOfHeaders => "no-end-of-headers",
        FlawKind::NoColon => "no-colon",
        FlawKind::BadName => "bad-name",
        FlawKind::BadStartLine => "bad-start-line",
        FlawKind::BadVersion => "bad-version",
        FlawKind::BadContentLength => "bad-content-length",
        FlawKind::BodyShort => "body-short",
        FlawKind::BodyLong => "body-long",
        FlawKind::NoContentLength => "no-content-length",
        FlawKind::Duplicate => "duplicate-header",
        FlawKind::BadSyntax => "bad-syntax",
        FlawKind::OutOfRange => "out-of-range",
        FlawKind::MethodMismatch => "method-mismatch",
        FlawKind::BadBranch => "bad-branch",
        FlawKind::NoCookie => "no-cookie",
    }
}
