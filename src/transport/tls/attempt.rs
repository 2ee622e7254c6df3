//! Takes the SYNs to a port, gives that no connection came of them, never why.

use super::Moment;
use crate::base::{Endpoint, Time};

/// A TCP connection that was asked for and did not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Who asked.
    pub client: Endpoint,
    /// Who was asked.
    pub server: Endpoint,
    /// The first SYN.
    pub first: Moment,
    /// How many SYNs there were.
    pub syns: u32,
    /// What came of it.
    pub refusal: Refusal,
}

/// How a connection did not come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server answered with RST.
    Reset(Moment),
    /// Nothing came from the server until this time on the running clock.
    Silence(Time),
}
