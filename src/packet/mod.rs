//! Takes frames, gives packets and what they carry, never remembers more than the fragments of one datagram.

mod view;

pub use view::{Datagram, Fragment, Layers, Packet, Segment, TcpFlags};
