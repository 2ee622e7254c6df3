//! Takes nothing, gives that a connection was asked for, never what came of it.

use super::tls::Moment;
use crate::base::Endpoint;

/// A connection that was asked for, whatever came of it: its first SYN or INIT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knock {
    /// Who asked.
    pub client: Endpoint,
    /// Who was asked.
    pub server: Endpoint,
    /// In which frame.
    pub at: Moment,
    /// Whether for SCTP: an INIT.
    pub sctp: bool,
}
