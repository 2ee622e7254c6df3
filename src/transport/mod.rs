//! Takes packets, gives framed SIP payloads as they arrived, never keeps a connection that is over.

mod envelope;

pub use envelope::{Envelope, Payload};
