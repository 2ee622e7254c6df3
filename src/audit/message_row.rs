//! Takes a message with its place in its call, gives what reports show of it, never how they show it.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::judge::Judge;
use super::sides::Sides;
use crate::base::{Endpoint, Origin, Span, Time, lossy, push_ip};
use crate::call::{Place, Repeat};
use crate::policy::Party;
use crate::sdp::{Address, Description, Media, SdpRole};
use crate::sip::value::Params;
use crate::sip::{Arrival, FlawKind, HeaderName, Message, Method};

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

/// Text of the wire in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A part of the octets of its message.
    At(Span),
    /// What stands so nowhere in them: a folded line made whole.
    Own(Box<[u8]>),
}

impl Default for Word {
    fn default() -> Self {
        Self::At(Span::default())
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::Own(text.as_bytes().into())
    }
}

/// A SIP message as reports show it. It shares the octets of its message, and with them those of a batch of the capture: who keeps a row keeps
/// it [by itself](Self::by_itself).
#[derive(Clone, Debug, Default, PartialEq)]
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
    pub frames: SmallVec<[(u32, u32); 2]>,
    pub from: Arc<str>,
    pub to: Arc<str>,
    pub source: Arc<str>,
    pub destination: Arc<str>,
    pub transport: &'static str,
    pub call_id: Word,
    pub request: bool,
    /// Of a request its own, of a response that of CSeq; `?` where neither can be read.
    pub method: Cow<'static, str>,
    pub code: Option<u16>,
    pub reason: Option<Word>,
    pub uri: Option<Word>,
    pub cseq: Option<u32>,
    /// The user parts of From, To and the first P-Asserted-Identity.
    pub from_user: Option<Word>,
    pub to_user: Option<Word>,
    pub asserted_user: Option<Word>,
    pub from_tag: Option<Word>,
    pub to_tag: Option<Word>,
    /// Of the topmost Via.
    pub branch: Option<Word>,
    /// Whether the side that sent the first request of the call sent it, where that is known.
    pub from_caller: Option<bool>,
    /// `first`, `retransmission`, or `mirror` where the tap saw the same packet again.
    pub seen: &'static str,
    /// `offer`, `answer`, `preview`, `repeat` or `out of order`; `None` without SDP that can be placed.
    pub sdp: Option<&'static str>,
    /// Its SDP.
    pub description: Option<Arc<Description>>,
    /// User-Agent, or Server.
    pub agent: Option<Word>,
    /// Session-ID (RFC 7989) and the `icid-value` of P-Charging-Vector (RFC 7315 §4.6): what ties the legs of a call together.
    pub session_id: Option<Word>,
    pub charging_id: Option<Word>,
    /// Whether the capture holds less of it than was sent.
    pub cut: bool,
    /// What is wrong with its form, each once.
    pub flaws: SmallVec<[&'static str; 2]>,
    /// Its octets, as far as the capture holds them.
    pub octets: Bytes,
}

impl MessageRow {
    /// A word of it, octets that are no UTF-8 replaced: whoever writes it escapes it.
    #[must_use]
    pub fn text<'a>(&'a self, word: &'a Word) -> Cow<'a, str> {
        lossy(self.octets_of(word))
    }

    /// A word of it as it is on the wire.
    #[must_use]
    pub fn octets_of<'a>(&'a self, word: &'a Word) -> &'a [u8] {
        match word {
            Word::At(span) => span.of(&self.octets),
            Word::Own(octets) => octets,
        }
    }

    /// A word that may be missing, as it is on the wire.
    #[must_use]
    pub fn maybe_octets<'a>(&'a self, word: &'a Option<Word>) -> Option<&'a [u8]> {
        word.as_ref().map(|word| self.octets_of(word))
    }

    /// A word that may be missing.
    #[must_use]
    pub fn maybe<'a>(&'a self, word: &'a Option<Word>) -> Option<Cow<'a, str>> {
        word.as_ref().map(|word| self.text(word))
    }

    /// Its m= lines.
    #[must_use]
    pub fn media(&self) -> Vec<MediaLine> {
        self.description.as_ref().map(|sdp| sdp.media().iter().map(line).collect()).unwrap_or_default()
    }

    /// The same in one line, without transport protocols: `audio 192.0.2.1:4000 sendrecv PCMA/8000`, with `; ` between.
    #[must_use]
    pub fn media_text(&self) -> Option<String> {
        let media = self.description.as_ref().map(|sdp| sdp.media()).filter(|media| !media.is_empty())?;
        let mut text = String::with_capacity(192);
        for (number, media) in media.iter().enumerate() {
            if number > 0 {
                text.push_str("; ");
            }
            text.push_str(&media.kind);
            text.push(' ');
            match &media.address {
                Some(Address::Ip(ip)) => push_ip(&mut text, *ip),
                Some(Address::Name(name)) => text.push_str(name),
                None => text.push('?'),
            }
            text.push(':');
            text.push_str(itoa::Buffer::new().format(media.port));
            text.push(' ');
            text.push_str(media.direction.name());
            for codec in &media.codecs {
                text.push(' ');
                // Writing to a string cannot fail.
                _ = codec.write(&mut text);
            }
        }
        Some(text)
    }

    /// The same row with octets of its own.
    #[must_use]
    pub fn by_itself(self) -> Self {
        Self { octets: Bytes::copy_from_slice(&self.octets), ..self }
    }
}

/// An m= line as reports show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    pub direction: &'static str,
    /// `PCMA/8000` …, by preference.
    pub codecs: Vec<String>,
}

/// A row that waits for the names of its parties: they are decided in the order of the capture.
#[derive(Clone, Debug)]
pub struct SeenMessage {
    order: (Origin, u16),
    /// Sorting moves it many times, and a row is long.
    held: Box<Held>,
}

#[derive(Clone, Debug)]
struct Held {
    ends: (Endpoint, Endpoint),
    parties: (Party, Party),
    row: MessageRow,
}

impl SeenMessage {
    /// Its place in the order of the capture.
    #[must_use]
    pub const fn order(&self) -> (Origin, u16) {
        self.order
    }
}

/// The words for parties and ends that rows share: few come again and again.
#[derive(Debug, Default)]
pub struct Signs {
    parties: HashMap<Party, Arc<str>>,
    ends: HashMap<Endpoint, Arc<str>>,
}

impl Judge<'_> {
    /// Notes a message for its row, where someone wants it.
    pub fn note_message(&mut self, arrival: &Arrival, place: &Place, sdp: Option<&Arc<Description>>) {
        if !self.docket.messages_wanted.has(&arrival.message) {
            return;
        }
        let envelope = &arrival.envelope;
        let ends = (envelope.source, envelope.destination);
        let parties = (self.policy.party(envelope.source.ip), self.policy.party(envelope.destination.ip));
        let held = Box::new(Held { ends, parties, row: row_of(arrival, place, sdp) });
        self.seen.push(SeenMessage { order: (envelope.origin, envelope.index), held });
    }

    /// The row of a message, once it has the names of its parties; `signs` were made with the same sides.
    pub fn message_row<'s>(&self, seen: &'s mut SeenMessage, sides: &Sides, signs: &mut Signs) -> &'s MessageRow {
        let Held { ends, parties, row } = &mut *seen.held;
        let mut name = |party| {
            let name = signs.parties.entry(party).or_insert_with(|| self.policy.party_name(sides.of(party)).into());
            Arc::clone(name)
        };
        (row.from, row.to) = (name(parties.0), name(parties.1));
        let mut end = |end: Endpoint| Arc::clone(signs.ends.entry(end).or_insert_with(|| end.text().into()));
        (row.source, row.destination) = (end(ends.0), end(ends.1));
        row
    }
}

fn row_of(arrival: &Arrival, place: &Place, sdp: Option<&Arc<Description>>) -> MessageRow {
    let (envelope, message) = (&arrival.envelope, &arrival.message);
    let word = |octets: &[u8]| message.place_of(octets).map_or_else(|| Word::Own(octets.into()), Word::At);
    let user = |id: HeaderName| message.user_of(id).map(word);
    let header = |id: HeaderName| message.get(id).map(|value| word(&value));
    let carriers = if arrival.carriers.is_empty() { std::slice::from_ref(&envelope.origin) } else { &arrival.carriers };
    let mut frames: SmallVec<_> = carriers.iter().map(|origin| (origin.capture, origin.frame)).collect();
    frames.sort_unstable();
    frames.dedup();
    let mut flaws: SmallVec<[_; 2]> = message.flaws().iter().map(|flaw| flaw_name(flaw.kind)).collect();
    flaws.sort_unstable();
    flaws.dedup();
    let vector = message.get(HeaderName::PChargingVector);
    MessageRow {
        time: envelope.last,
        begun: envelope.first,
        capture: envelope.origin.capture,
        frame: envelope.origin.frame,
        index: envelope.index,
        frames,
        transport: envelope.transport.token(),
        call_id: word(message.call_id()),
        request: message.is_request(),
        method: message
            .transaction_method()
            .map(Method::name)
            .filter(|name| *name != "?")
            .map_or_else(|| Cow::Owned(message.method_text().into_owned()), Cow::Borrowed),
        code: message.code().filter(|&code| code > 0),
        reason: message.reason().map(word),
        uri: message.request_uri().map(word),
        cseq: message.cseq().map(|cseq| cseq.number),
        from_user: user(HeaderName::From),
        to_user: user(HeaderName::To),
        asserted_user: user(HeaderName::PAssertedIdentity),
        from_tag: message.from_tag().map(word),
        to_tag: message.to_tag().map(word),
        branch: message.branch().map(word),
        from_caller: place.from_caller,
        seen: match place.repeat {
            Repeat::First => "first",
            Repeat::Retransmission => "retransmission",
            Repeat::Mirror => "mirror",
        },
        sdp: place.sdp_role.map(role_name),
        description: sdp.map(Arc::clone),
        agent: header(HeaderName::UserAgent).or_else(|| header(HeaderName::Server)),
        session_id: header(HeaderName::SessionId),
        charging_id: vector.and_then(|vector| Params(&vector).value(b"icid-value").map(word)),
        cut: envelope.cut,
        flaws,
        octets: message.octets().clone(),
        ..MessageRow::default()
    }
}

fn line(media: &Media) -> MediaLine {
    MediaLine {
        kind: media.kind.to_string(),
        protocol: media.proto.to_string(),
        address: media.address.as_ref().map(ToString::to_string),
        port: media.port,
        direction: media.direction.name(),
        codecs: media.codecs.iter().map(ToString::to_string).collect(),
    }
}

const fn role_name(role: SdpRole) -> &'static str {
    match role {
        SdpRole::Offer => "offer",
        SdpRole::Answer => "answer",
        SdpRole::Preview => "preview",
        SdpRole::Either => "offer or answer",
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
