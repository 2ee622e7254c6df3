//! Takes an address as SDP writes it, gives an IP address or a name, never resolves a name.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::base::{ip, lossy};

/// A connection address (RFC 8866 §5.7): a number, or a name that only a resolver knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// An IP address.
    Ip(IpAddr),
    /// Anything else, as written; bytes that are no UTF-8 replaced.
    Name(Arc<str>),
}

impl Address {
    /// Takes the address token without its `/ttl/count`, gives what it names.
    #[must_use]
    pub fn parse(token: &[u8]) -> Self {
        ip(token).map_or_else(|| Self::Name(lossy(token).into()), Self::Ip)
    }

    /// The IP address, where it is one.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Name(_) => None,
        }
    }

    /// Whether nothing can be sent there: 0.0.0.0, `::` or a name below `.invalid` (RFC 3264 §8.4, RFC 6157 §5.1).
    #[must_use]
    pub fn is_blackhole(&self) -> bool {
        match self {
            Self::Ip(ip) => ip.is_unspecified(),
            Self::Name(name) => name.to_ascii_lowercase().trim_end_matches('.').ends_with(".invalid"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}
