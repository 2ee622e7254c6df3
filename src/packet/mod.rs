//! Takes frames, gives packets and what they carry, never remembers more than the fragments of one datagram.

mod assembly;
mod carriage;
mod decode;
mod fragments;
mod ip;
mod link;
mod plain;
mod sctp;
mod tunnel;
#[cfg(test)]
mod tunnels;
mod view;

pub use carriage::{Carriage, Carried, Tunnels, Way};
pub use decode::{Decoded, decode, ip_headers};
pub use fragments::{FragmentPart, Fragments, Whole};
pub use sctp::{Chunk, Chunks};
pub use view::{Datagram, Fragment, Layers, Packet, Sctp, Segment, TcpFlags};
