//! Takes a message with SDP and its place in its call, gives who said what of the media, never what came of it.

use std::net::IpAddr;
use std::sync::Arc;

use crate::base::{Endpoint, Origin, Time};
use crate::sdp::{Description, SdpRole};
use crate::sip::Message;

/// A side of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Whoever sent the first INVITE.
    Caller,
    /// The other.
    Callee,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Caller => Self::Callee,
            Self::Callee => Self::Caller,
        }
    }

    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Callee => "callee",
        }
    }
}

/// The hosts between which a message passed, in one order: a tap inside a host sees a call at several hops, with other media at each.
pub type Hop = (IpAddr, IpAddr);

/// What tells the dialogs of one call apart: a hash of the callee's tag, 0 before there is one.
pub type SideTag = u64;

/// An offer, an answer or a preview of one.
#[derive(Clone, Debug)]
pub struct Said {
    /// The message.
    pub origin: Origin,
    /// The running clock at it.
    pub at: Time,
    /// Who sent the message.
    pub source: Endpoint,
    /// Who was to receive it.
    pub destination: Endpoint,
    /// Whose media it describes.
    pub side: Side,
    /// The dialog.
    pub tag: SideTag,
    /// What it is.
    pub role: SdpRole,
    /// The body.
    pub sdp: Arc<Description>,
}

impl Said {
    /// Where it passed.
    #[must_use]
    pub fn hop(&self) -> Hop {
        let (a, b) = (self.source.ip, self.destination.ip);
        if a <= b { (a, b) } else { (b, a) }
    }

    /// Whether both speak of the same dialog at the same hop; an offer that no tag is in speaks of all that come of it.
    #[must_use]
    pub fn is_with(&self, hop: Hop, tag: SideTag) -> bool {
        self.hop() == hop && (self.tag == tag || self.tag == 0 || tag == 0)
    }
}

/// The tag that the callee of a dialog has in a message.
#[must_use]
pub fn callee_tag(message: &Message, from_caller: bool) -> Option<&[u8]> {
    if message.is_request() == from_caller { message.to_tag() } else { message.from_tag() }
}
