//! Takes nothing, gives how a stream is tied to its call and what is kept of it there, never the stream.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Hop, Side, SideTag};
use crate::base::{Endpoint, Origin, Time};
use crate::media::{Aimed, Flow, HeardTone};

/// How well a stream fits the addresses that its call named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// It comes from where its sender said, but goes elsewhere than its receiver said.
    Source,
    /// It goes where its receiver said, but comes from elsewhere than its sender said: another port, or a translated address.
    Destination,
    /// Both ends are as they were named.
    Both,
}

/// The place of a stream in its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Who sends it.
    pub side: Side,
    /// The hop at which it passes.
    pub hop: Hop,
    /// The dialog that negotiated it; 0 where it is not told apart from others of the call.
    pub tag: SideTag,
    /// The m= line, from 0.
    pub line: u16,
    /// How well it fits.
    pub fit: Fit,
}

/// What a call keeps of a stream that was bound to it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its place.
    pub bound: Bound,
    /// From where, to where.
    pub flow: Flow,
    /// Its first frame.
    pub first: Origin,
    /// When its first packet passed.
    pub begun: Time,
    /// When its last passed.
    pub ended: Time,
    /// Packets.
    pub packets: u64,
    /// Whether its sender says so when it falls silent, and then need send nothing.
    pub says_silence: bool,
    /// Where it paused for long, in order.
    pub quiet: Vec<(Time, Time)>,
    /// The codec of most of its packets as SDP names it; the payload type where nothing names it.
    pub codec: Arc<str>,
    /// The first tone of a fax in its audio.
    pub fax: Option<HeardTone>,
    /// Where RTCP of its source went.
    pub aimed: SmallVec<[Aimed; 1]>,
    /// The ports from which its receiver sent RTCP about it.
    pub answered_from: SmallVec<[u16; 2]>,
    /// Whether another call may have as much right to it: both name the same two endpoints.
    pub shared: bool,
}

/// What a call keeps of a DTLS handshake between endpoints of it.
#[derive(Clone, Copy, Debug)]
pub struct Shaken {
    /// The two ends, the lesser first.
    pub ends: (Endpoint, Endpoint),
    /// When the first ClientHello passed.
    pub asked: Time,
    /// When the first record under its keys passed: before it, neither side had any.
    pub keyed: Option<Time>,
}
