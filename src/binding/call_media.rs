//! Takes what the sides of one call said of media and what they sent, gives what held when, never a verdict.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Bound, Hop, Said, Sent, Shaken, Side, SideTag};
use crate::base::{Endpoint, Origin, Time};
use crate::call::Session;
use crate::media::{Companion, Handshake};
use crate::policy::TrunkId;
use crate::sdp::{Codec, Direction, Media, SdpRole, static_codec};

/// What is kept of one call: bodies, exchanges, changes of life, streams. A call of hours with a refresh every minute stays below it.
const MOST: usize = 256;

/// An answered offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accord {
    /// The offer, as an index into [`CallMedia::said`].
    pub offer: usize,
    /// Its answer.
    pub answer: usize,
}

/// The media of one call.
#[derive(Clone, Debug, Default)]
pub struct CallMedia {
    /// Its number: no two calls of a capture share one.
    pub number: u64,
    /// The Call-ID, lossily as text.
    pub call_id: Arc<str>,
    /// Its trunk group.
    pub trunk: Option<TrunkId>,
    /// Its bodies, in order.
    pub said: Vec<Said>,
    /// Its exchanges, in order.
    pub accords: Vec<Accord>,
    /// When it began to live and when it ended, in order: a challenge ends an attempt that may go on.
    life: SmallVec<[(Time, bool); 4]>,
    /// Attempts and answered sessions of it that go on.
    going: u32,
    /// When it was answered.
    pub answered: Option<Time>,
    /// The streams that were bound to it.
    pub sent: Vec<Sent>,
    /// Fax over UDPTL: by whom, from when to when.
    pub faxes: Vec<(Side, Time, Time)>,
    /// DTLS handshakes between endpoints of it, in the order in which their pairs fell silent.
    pub shaken: Vec<Shaken>,
    /// When something last passed in an MSRP session of it.
    pub wrote: Option<Time>,
    /// The sessions of it that were answered.
    pub sessions: SmallVec<[Arc<Session>; 1]>,
}

impl CallMedia {
    /// Nothing said yet.
    pub(super) fn begin(number: u64, call_id: Arc<str>, trunk: Option<TrunkId>) -> Self {
        Self { number, call_id, trunk, ..Self::default() }
    }

    /// Notes a body; gives its place, unless there are too many.
    pub(super) fn say(&mut self, said: Said) -> Option<usize> {
        if self.said.is_empty() {
            // Most calls say no more than an offer and its answer.
            self.said.reserve_exact(2);
        }
        (self.said.len() < MOST).then(|| {
            self.said.push(said);
            self.said.len() - 1
        })
    }

    /// Notes an exchange by the messages that carried it.
    pub(super) fn agree(&mut self, offer: Origin, answer: Origin) {
        let place = |origin| self.said.iter().rposition(|said| said.origin == origin);
        if let (Some(offer), Some(answer), true) = (place(offer), place(answer), self.accords.len() < MOST) {
            self.accords.push(Accord { offer, answer });
        }
    }

    /// Notes that an attempt or a session of it began, or is over: of several, as a second leg or hop makes them, the last to end ends the call.
    pub(super) fn live(&mut self, at: Time, begins: bool) {
        self.going = if begins { self.going.saturating_add(1) } else { self.going.saturating_sub(1) };
        let alive = self.going > 0;
        if self.life.len() < MOST && self.life.last().is_none_or(|last| last.1 != alive) {
            self.life.push((at, alive));
        }
    }

    /// Notes a stream.
    pub(super) fn send(&mut self, sent: Sent) {
        if self.sent.len() < MOST {
            self.sent.push(sent);
        }
    }

    /// Notes what passed beside RTP, at the place of its first end.
    pub(super) fn stand_beside(&mut self, companion: &Companion, bound: Bound) {
        let faxes = [(bound.side, &companion.fax_ab), (bound.side.other(), &companion.fax_ba)];
        for (side, fax) in faxes.into_iter().filter_map(|(side, fax)| Some((side, fax.as_ref()?))) {
            if self.faxes.len() < MOST {
                self.faxes.push((side, fax.begun, fax.ended));
            }
        }
        if companion.session.is_some() {
            self.wrote = self.wrote.max(Some(companion.ended));
        }
        let Handshake { client, encrypted, .. } = &companion.handshake;
        if let Some((_, _, asked)) = *client
            && self.shaken.len() < MOST
        {
            self.shaken.push(Shaken { ends: (companion.a, companion.b), asked, keyed: encrypted.map(|(_, at)| at) });
        }
    }

    /// When its media was first spoken of.
    #[must_use]
    pub fn begun(&self) -> Time {
        self.said.first().map_or(Time::MIN, |said| said.at)
    }

    /// When it ended, as far as that is known at `until`.
    #[must_use]
    pub fn ended(&self, until: Time) -> Option<Time> {
        self.life.iter().rev().find(|(at, _)| *at <= until).filter(|(_, alive)| !alive).map(|(at, _)| *at)
    }

    /// The signalling hosts of a side at a hop.
    #[must_use]
    pub fn host(&self, side: Side, hop: Hop) -> Option<Endpoint> {
        let said = self.said.iter().find(|said| said.hop() == hop)?;
        Some(if said.side == side { said.source } else { said.destination })
    }

    /// What a side said of a line of a dialog until a time, in order.
    pub fn lines(&self, side: Side, bound: Bound, until: Time) -> impl Iterator<Item = (&Said, &Media)> {
        let own = self.said.iter().filter(move |s| s.side == side && s.is_with(bound.hop, bound.tag) && s.at <= until);
        own.filter_map(move |said| Some((said, said.sdp.media().get(usize::from(bound.line))?)))
    }

    /// Whether a stream goes on as long as its side may send: audio and video, not text, which somebody types.
    #[must_use]
    pub fn is_continuous(&self, sent: &Sent) -> bool {
        let (_, media) = self.line(sent.bound.side.other(), sent.bound, sent.begun).unzip();
        media.is_none_or(|media| matches!(&*media.kind, "audio" | "video"))
    }

    /// What a side last said of a line of a dialog before a time; where it said nothing before, what it said first.
    #[must_use]
    pub fn line(&self, side: Side, bound: Bound, at: Time) -> Option<(&Said, &Media)> {
        self.lines(side, bound, at).last().or_else(|| self.lines(side, bound, Time(i64::MAX)).next())
    }

    /// The codec that a payload type stands for in packets to the other side: the receiver gives the number (RFC 3264 §5.1), and where it
    /// gives none, its sender may have.
    #[must_use]
    pub fn codec(&self, bound: Bound, payload_type: u8, at: Time) -> Option<&Codec> {
        self.codec_said(bound, payload_type, at).map(|(_, codec)| codec)
    }

    /// The same with the body that says so.
    #[must_use]
    pub fn codec_said(&self, bound: Bound, payload_type: u8, at: Time) -> Option<(&Said, &Codec)> {
        let of = |side| {
            let all: Vec<_> = self.lines(side, bound, Time(i64::MAX)).collect();
            let place = all.partition_point(|(said, _)| said.at <= at);
            let (before, after) = all.split_at_checked(place)?;
            let mut order = before.iter().rev().chain(after);
            let names = |c: &&Codec| c.payload_type == Some(payload_type) && c.clock > 0;
            order.find_map(|&(said, media)| Some((said, media.codecs.iter().find(names)?)))
        };
        of(bound.side.other()).or_else(|| of(bound.side))
    }

    /// The exchanges of a dialog at a hop, each with the time from which it holds.
    pub fn accords(&self, hop: Hop, tag: SideTag) -> impl Iterator<Item = (Time, &Said, &Said)> {
        let pairs = self.accords.iter().filter_map(|accord| Some((self.said.get(accord.offer)?, self.said.get(accord.answer)?)));
        pairs.filter(move |(_, answer)| answer.is_with(hop, tag)).map(|(offer, answer)| (answer.at, offer, answer))
    }

    /// Until when it is known that an exchange of a dialog holds, which does since: until another may have taken its place, for SDP passed of
    /// which the capture lacks the offer or the answer.
    #[must_use]
    pub fn holds_until(&self, hop: Hop, tag: SideTag, since: Time) -> Time {
        let settled = |place: usize| self.accords.iter().any(|accord| accord.offer == place || accord.answer == place);
        let opens = |said: &Said| said.at > since && said.is_with(hop, tag) && matches!(said.role, SdpRole::Offer | SdpRole::Either);
        let mut said = self.said.iter().enumerate().filter(|(place, said)| opens(said) && !settled(*place));
        said.next().map_or(Time(i64::MAX), |(_, said)| said.at)
    }

    /// Whether a stream passes at a hop: it was bound there, or the receiver named its destination there too (a proxy that does not relay media).
    #[must_use]
    pub fn passes(&self, sent: &Sent, hop: Hop) -> bool {
        let receiver = sent.bound.side.other();
        let mut said = self.said.iter().filter(|said| said.side == receiver && said.hop() == hop);
        let to = sent.flow.destination;
        sent.bound.hop == hop || said.any(|said| said.sdp.media().iter().any(|m| m.port == to.port && m.ip() == Some(to.ip)))
    }

    /// The dialogs of the call that have an exchange: hop and tag of each, in order, without repetition.
    #[must_use]
    pub fn dialogs(&self) -> Vec<(Hop, SideTag)> {
        let mut all = Vec::new();
        for answer in self.accords.iter().filter_map(|accord| self.said.get(accord.answer)) {
            let dialog = (answer.hop(), answer.tag);
            if !all.contains(&dialog) {
                all.push(dialog);
            }
        }
        all
    }

    /// Those of the dialog that was answered, at each hop; `None` where several were negotiated and the answer does not tell which.
    #[must_use]
    pub fn answered_dialogs(&self) -> Option<Vec<(Hop, SideTag)>> {
        let all = self.dialogs();
        let first = all.first()?.1;
        if all.iter().all(|(_, tag)| *tag == first) {
            return Some(all);
        }
        let origin = self.sessions.first()?.answer.as_ref()?.origin;
        let tag = self.said.iter().find(|said| said.origin == origin)?.tag;
        Some(all.into_iter().filter(|(_, other)| *other == tag).collect())
    }

    /// Whether a side may send on a line, by an exchange: both want the line, and neither side's direction forbids it (RFC 3264 §6.1, §8.4).
    #[must_use]
    pub fn may_send(side: Side, line: usize, offer: &Said, answer: &Said) -> bool {
        let (own, other) = if offer.side == side { (offer, answer) } else { (answer, offer) };
        let (Some(own), Some(other)) = (own.sdp.media().get(line), other.sdp.media().get(line)) else { return false };
        let sends = matches!(own.direction, Direction::SendRecv | Direction::SendOnly);
        let receives = matches!(other.direction, Direction::SendRecv | Direction::RecvOnly);
        own.is_active() && other.is_active() && sends && receives && !other.is_blackhole()
    }

    /// Whether the last exchange of a dialog before a time made a line SRTP: by its transport, or by keys of both sides beside RTP/AVP (RFC 8643).
    #[must_use]
    pub fn is_secure(&self, bound: Bound, at: Time) -> Option<bool> {
        let (_, offer, answer) = self.accords(bound.hop, bound.tag).filter(|(since, ..)| *since <= at).last()?;
        let line = |said: &Said| said.sdp.media().get(usize::from(bound.line)).map(|media| (is_savp(media), said.sdp.has_keys(media)));
        let ((offered, offered_keys), (answered, answered_keys)) = (line(offer)?, line(answer)?);
        Some((offered && answered) || (offered_keys && answered_keys))
    }

    /// Whether early media was spoken of: a preview of an answer, or an exchange before the call was answered.
    #[must_use]
    pub fn has_early_media(&self) -> bool {
        self.said.iter().any(|said| said.role == SdpRole::Preview)
    }
}

fn is_savp(media: &Media) -> bool {
    media.proto.to_ascii_uppercase().contains("/SAVP")
}

/// What packets of a payload type hold, as reports name it: the codec that SDP names, else that of the static number, else the number.
#[must_use]
pub fn codec_name(codec: Option<&Codec>, payload_type: u8) -> String {
    match (codec, static_codec(payload_type)) {
        (Some(codec), _) => codec.to_string(),
        (None, Some((name, clock, 1))) => format!("{name}/{clock}"),
        (None, Some((name, clock, channels))) => format!("{name}/{clock}/{channels}"),
        (None, None) => format!("payload type {payload_type}"),
    }
}
