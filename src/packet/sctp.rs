//! Takes SCTP packets, over IP or UDP, gives their header and chunks, never the state of an association.

use super::ip::Ip;
use super::link::be16;
use super::{Layers, Sctp};
use crate::base::Endpoint;

/// The UDP port of encapsulated SCTP (RFC 6951 §5.1).
pub(super) const OVER_UDP: u16 = 9899;

impl<'a> Sctp<'a> {
    /// Reads the common header (RFC 9260 §3.1) at the beginning of `data`; addresses are those of `ip`.
    pub(super) fn parse(ip: &Ip<'_>, layers: Layers, data: &'a [u8]) -> Option<Self> {
        let (header, chunks) = data.split_first_chunk::<12>()?;
        let &[a, b, c, d, tag @ .., _, _, _, _] = header;
        Some(Self {
            source: Endpoint::new(ip.source, u16::from_be_bytes([a, b])),
            destination: Endpoint::new(ip.destination, u16::from_be_bytes([c, d])),
            layers,
            tag: u32::from_be_bytes(tag),
            chunks,
        })
    }

    /// Whether it is what it seems to be, where only a port says so: chunks of known kinds that end with the packet.
    pub(super) fn is_plausible(&self) -> bool {
        let known = |kind: u8| matches!(kind, 0..=15 | 64 | 128..=132 | 192..=194);
        let mut chunks = Chunks(self.chunks);
        self.source.port != 0 && chunks.next().is_some_and(|c| known(c.kind) && !c.cut) && chunks.all(|c| known(c.kind) && !c.cut)
    }
}

/// A chunk (RFC 9260 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Its type.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// What follows the length, as far as it was captured.
    pub value: &'a [u8],
    /// Whether it was longer.
    pub cut: bool,
}

/// The chunks of a packet; a length that cannot be ends them.
#[derive(Clone, Debug)]
pub struct Chunks<'a>(pub &'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let (&[kind, flags, _, _], rest) = self.0.split_first_chunk()?;
        let length = usize::from(be16(self.0, 2)?).checked_sub(4)?;
        let value = rest.get(..length).unwrap_or(rest);
        self.0 = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Chunk { kind, flags, value, cut: value.len() < length })
    }
}
