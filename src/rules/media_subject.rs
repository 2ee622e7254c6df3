//! Takes nothing, gives what rules on media look at, never a verdict.

use std::fmt::Write;

use crate::base::{Endpoint, Time};
use crate::binding::{Bound, CallMedia, Fit, Known, Side, Unseen, codec_name};
use crate::call::Trace;
use crate::media::{Companion, Format, Stream};
use crate::metrics::{Quality, Rated};
use crate::policy::{Party, Peer, Policy, Terms};
use crate::sdp::Codec;

use super::med::agreement::spelled;

/// A stream that ended.
#[derive(Clone, Copy, Debug)]
pub struct StreamSubject<'a> {
    /// The stream.
    pub stream: &'a Stream,
    /// Its call and its place in it; `None` for a stray.
    pub call: Option<(&'a CallMedia, Bound)>,
    /// Until when what was said and done in the call is known.
    pub until: Time,
    /// Of a stray: why its call may be out of sight.
    pub unseen: Option<Unseen>,
    /// The beginning of the capture.
    pub start: Time,
    /// The agreement: for what it declares of peers.
    pub policy: &'a Policy,
    /// Who sent it.
    pub from: Party,
    /// Who was to receive it.
    pub to: Party,
    /// The terms of the session's direction; of the stream's own for a stray.
    pub terms: &'a Terms,
    /// Its estimated quality.
    pub rated: Option<Rated>,
}

impl<'a> StreamSubject<'a> {
    /// The codec of most of its packets, as SDP names it.
    #[must_use]
    pub fn codec(&self) -> Option<&'a Codec> {
        let (call, bound) = self.call?;
        call.codec(bound, self.stream.main, self.stream.begun)
    }

    /// Whether it is SRTP: its call agreed on that, or SDP that named an end of it asked for it; `None` if no SDP named one.
    #[must_use]
    pub fn is_secure(&self) -> Option<bool> {
        let agreed = self.call.and_then(|(call, bound)| call.is_secure(bound, self.stream.begun));
        if agreed == Some(true) { agreed } else { self.stream.secure }
    }

    /// The packets of it that carry earlier ones again, where its call says so (RFC 2198).
    #[must_use]
    pub fn redundant(&self) -> Option<&'a Format> {
        let is_red = |format: &&Format| self.names(format).is_some_and(|codec| codec.name.eq_ignore_ascii_case("red"));
        self.stream.formats.iter().find(is_red).filter(|_| self.is_secure() != Some(true))
    }

    /// The packets of it that are voice-band data, where its receiver says which these are (ITU-T V.152: `a=gpmd:99 vbd=yes`).
    #[must_use]
    pub fn voiceband(&self) -> Option<&'a Format> {
        let (call, bound) = self.call?;
        let (said, media) = call.line(bound.side.other(), bound, self.stream.begun)?;
        let is_vbd = |value: &[u8], format: &Format| {
            let (number, rest) = std::str::from_utf8(value).ok()?.split_once(' ')?;
            let vbd = rest.split(';').any(|part| part.trim().eq_ignore_ascii_case("vbd=yes"));
            (vbd && number.parse() == Ok(format.payload_type)).then_some(())
        };
        let is_named = |format: &&Format| said.sdp.attributes(media.lines.clone(), b"gpmd").any(|value| is_vbd(value, format).is_some());
        self.stream.formats.iter().filter(is_named).min_by_key(|format| format.begun)
    }

    /// The clock of its telephone events, where it is one: as SDP says, else that of the audio that they stand in (RFC 4733 §2.1).
    #[must_use]
    pub fn digit_clock(&self) -> Option<u32> {
        let mut clocks = self.stream.formats.iter().filter(|format| format.events).map(|format| match self.names(format) {
            Some(codec) if codec.clock > 0 => Some(codec.clock),
            _ => self.stream.timing.rate,
        });
        let first = clocks.next()?;
        first.filter(|_| clocks.all(|clock| clock == first))
    }

    fn names(&self, format: &Format) -> Option<&'a Codec> {
        let (call, bound) = self.call?;
        call.codec(bound, format.payload_type, format.begun)
    }

    /// The declared peer that sent it.
    #[must_use]
    pub fn sender(&self) -> Option<&'a Peer> {
        self.policy.peer(self.from)
    }

    /// The declared peer that receives it.
    #[must_use]
    pub fn receiver(&self) -> Option<&'a Peer> {
        self.policy.peer(self.to)
    }

    /// Where it goes, where that is where its receiver wants it.
    #[must_use]
    pub fn as_negotiated(&self) -> Option<(&'a CallMedia, Bound)> {
        self.call.filter(|(_, bound)| bound.fit >= Fit::Destination)
    }

    /// What a finding shows of it: its first frame, with what it was in one line; `more` is added.
    #[must_use]
    pub fn exhibit(&self, more: &str) -> Trace {
        let stream = self.stream;
        let codec = self.codec().map_or_else(|| codec_name(None, stream.main), spelled);
        let mut line = format!(
            "RTP {} to {}, {codec}, {} packets in {:.1} s",
            at(stream.flow.source),
            at(stream.flow.destination),
            stream.packets,
            stream.seconds()
        );
        if !more.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(line, ": {more}");
        }
        Trace {
            origin: stream.first,
            first: stream.begun,
            last: stream.ended,
            source: stream.flow.source,
            destination: stream.flow.destination,
            line: line.as_bytes().into(),
        }
    }
}

fn at(endpoint: Endpoint) -> String {
    endpoint.to_string()
}

/// What passed beside RTP between two endpoints.
#[derive(Clone, Copy, Debug)]
pub struct HandshakeSubject<'a> {
    /// What passed.
    pub companion: &'a Companion,
    /// Its call and the place of its first end in it; `None` for a stray.
    pub call: Option<(&'a CallMedia, Bound)>,
    /// Until when what was said and done in the call is known.
    pub until: Time,
    /// The agreement: for what it declares of peers.
    pub policy: &'a Policy,
    /// Whose the two ends are.
    pub parties: [Party; 2],
    /// The terms of the session's direction.
    pub terms: &'a Terms,
}

impl HandshakeSubject<'_> {
    /// Who of the session a side is.
    #[must_use]
    pub const fn offender(&self, side: Side) -> super::Offender {
        MediaSubject::offender(side)
    }

    /// What a finding shows of a fax or an MSRP session: its first frame.
    #[must_use]
    pub fn exhibit_beside(&self) -> Trace {
        let Companion { a, b, first, begun, ended, .. } = *self.companion;
        let what = if self.companion.session.is_some() { "MSRP" } else { "UDPTL" };
        let line = format!("{what} between {a} and {b} for {:.1} s", ended.seconds_since(begun));
        Trace { origin: first, first: begun, last: ended, source: a, destination: b, line: line.as_bytes().into() }
    }

    /// What a finding shows of it: its first frame, with who began.
    #[must_use]
    pub fn exhibit(&self, more: &str) -> Trace {
        let Companion { a, b, handshake, .. } = self.companion;
        let (from, to, origin, first) = match handshake.client {
            Some((client, origin, at)) => (client, if client == *a { *b } else { *a }, origin, at),
            None => (*a, *b, self.companion.first, self.companion.begun),
        };
        let more = if more.is_empty() { String::new() } else { format!(": {more}") };
        let line = format!("DTLS from {from} to {to}, {} ClientHello{more}", handshake.client_hellos);
        Trace { origin, first, last: self.companion.ended, source: from, destination: to, line: line.as_bytes().into() }
    }
}

/// The media of a call that is over.
#[derive(Clone, Copy, Debug)]
pub struct MediaSubject<'a> {
    /// The call.
    pub call: &'a CallMedia,
    /// What the capture shows of its hosts.
    pub known: Known<'a>,
    /// The end of the capture, where it came before the call was handed on.
    pub end: Option<Time>,
    /// The agreement.
    pub policy: &'a Policy,
    /// The terms of the session's direction.
    pub terms: &'a Terms,
}

impl MediaSubject<'_> {
    /// The party of a side.
    #[must_use]
    pub const fn offender(side: Side) -> super::Offender {
        match side {
            Side::Caller => super::Offender::Originating,
            Side::Callee => super::Offender::Terminating,
        }
    }
}

/// The streams of a direction over one interval, or over the whole capture where `start` is `None`.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct QualitySubject<'a> {
    pub start: Option<Time>,
    pub quality: &'a Quality,
    pub terms: &'a Terms,
}
