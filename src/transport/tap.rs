//! Takes nothing, gives where the connections of a shard put what is no SIP, never a connection.

use std::sync::Arc;

use super::SealedTraffic;
use super::knock::Knock;
use super::msrp::Chunk;
use super::tls::{KeyLog, Outlet, TlsEvent, TlsTotals};
use crate::base::{Anomalies, Time};
use crate::transport::stream::Framed;
use std::net::IpAddr;

/// Where the connections of a shard put what is no SIP, and what those of TLS share.
#[derive(Default)]
pub(super) struct Tap {
    pub keys: Arc<KeyLog>,
    pub events: Vec<TlsEvent>,
    /// Connections that were asked for.
    pub knocks: Vec<Knock>,
    /// Chunks of MSRP, as they ended.
    pub chunks: Vec<Chunk>,
    /// From whom to whom octets passed that the capture does not hold, and about when.
    pub missed: Vec<(IpAddr, IpAddr, Time)>,
    pub totals: TlsTotals,
    /// What nobody could open.
    pub sealed: SealedTraffic,
    /// The running clock, as far as the shard was told.
    pub clock: Time,
}

impl Tap {
    /// Where a session puts what it comes to.
    pub(super) fn outlet<'a>(&'a mut self, framed: &'a mut Vec<Framed>, anomalies: &'a mut Anomalies) -> Outlet<'a> {
        Outlet { keys: &self.keys, totals: &mut self.totals, events: &mut self.events, sealed: &mut self.sealed, framed, anomalies }
    }
}
