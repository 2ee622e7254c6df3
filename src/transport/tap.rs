//! Takes nothing, gives what the TLS connections of a shard share, never a connection.

use std::sync::Arc;

use super::tls::{KeyLog, Outlet, TlsEvent, TlsTotals};
use crate::base::{Anomalies, Time};
use crate::transport::stream::Framed;

/// What the TLS connections of a shard share.
#[derive(Default)]
pub(super) struct Tap {
    pub keys: Arc<KeyLog>,
    pub events: Vec<TlsEvent>,
    pub totals: TlsTotals,
    /// The running clock, as far as the shard was told.
    pub clock: Time,
}

impl Tap {
    /// Where a session puts what it comes to.
    pub(super) fn outlet<'a>(&'a mut self, framed: &'a mut Vec<Framed>, anomalies: &'a mut Anomalies) -> Outlet<'a> {
        Outlet { keys: &self.keys, totals: &mut self.totals, events: &mut self.events, framed, anomalies }
    }
}
