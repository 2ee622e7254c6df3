//! Takes nothing, gives the words that every stage speaks (time, place, flow, trouble), never knows a protocol above UDP and TCP.

mod address;
mod anomaly;
mod error;
mod fingerprint;
mod flow;
mod lossy;
mod origin;
mod span;
mod time;
mod varint;

pub use address::{ip, push_ip};
pub use anomaly::{Anomalies, Anomaly};
pub use error::{Error, Result, reason};
pub use fingerprint::{Plain, fingerprint};
pub use flow::{Endpoint, Transport};
pub use lossy::lossy;
pub use origin::{Carriers, Origin};
pub use span::Span;
pub use time::{Time, seconds};
pub use varint::{read_varint, write_varint};
