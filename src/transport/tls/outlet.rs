//! Takes nothing, gives the words in which a TLS connection and its TCP connection speak to each other, never a state.

use super::event::TlsEvent;
use super::keylog::KeyLog;
use super::totals::TlsTotals;
use crate::base::{Anomalies, Time};
use crate::transport::stream::Framed;

/// What happens to a connection outside its records.
#[derive(Clone, Copy, Debug)]
pub(in crate::transport) enum Ending {
    /// An end reset it.
    Reset(usize),
    /// An end closed it first.
    Closed(usize),
    /// Nothing more came until then.
    Silent {
        /// The running clock.
        until: Time,
        /// Whether the capture ended.
        ended: bool,
    },
    /// It was given up to make room.
    Evicted,
}

/// Where everything goes.
pub(in crate::transport) struct Outlet<'a> {
    pub(in crate::transport) keys: &'a KeyLog,
    pub(in crate::transport) totals: &'a mut TlsTotals,
    pub(in crate::transport) events: &'a mut Vec<TlsEvent>,
    pub(in crate::transport) framed: &'a mut Vec<Framed>,
    pub(in crate::transport) anomalies: &'a mut Anomalies,
}
