//! Takes what an anonymous excerpt is of, gives its frames and its policy with every name replaced, never the way back.

use std::path::PathBuf;

use super::disguise::{Disguise, Key, Streams, rewrite_policy};
use super::wanted::{Part, Wanted};
use crate::base::Result;
use crate::capture::Frame;
use crate::packet::Packet;
use crate::pipeline::Progress;

/// What replaces, and what it must know of more than one packet.
#[derive(Debug)]
pub(super) struct Mask {
    disguise: Disguise,
    streams: Streams,
}

impl Mask {
    /// Reads what is wanted once more, for its streams and fragments.
    pub(super) fn new(key: Key, inputs: &[PathBuf], wanted: &Wanted, progress: &dyn Fn(Progress)) -> Result<Self> {
        let mut disguise = Disguise::new(key);
        let streams = Streams::collect(inputs, wanted, &mut disguise, progress)?;
        Ok(Self { disguise, streams })
    }

    /// The octets of a frame; `None` for one that is left out.
    pub(super) fn frame(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, part: Part) -> Result<Option<Vec<u8>>> {
        self.disguise.frame(frame, packet, part, &self.streams)
    }

    /// The text of a policy.
    pub(super) fn policy(&mut self, text: &str) -> String {
        rewrite_policy(text, &mut self.disguise)
    }

    /// The name of a party, where it is an address: a host that no policy declares.
    pub(super) fn party(&mut self, name: &mut String) {
        self.disguise.address(name);
    }
}
