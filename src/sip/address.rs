//! Takes an address of a message, gives its URI and where that stands, never a judgement on it.

use std::net::IpAddr;

use super::HeaderName;
use super::value::{Scheme, Uri};
use crate::base::Span;

/// The Request-URI, or an address of a header, in the text of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// The header; `None` for the Request-URI.
    pub header: Option<HeaderName>,
    /// Where the URI stands, without brackets; the whole element where there is no telling.
    pub at: Span,
    /// The URI; `None` where it cannot be read.
    pub uri: Option<Uri<'a>>,
}

impl Address<'_> {
    /// The scheme of its URI.
    #[must_use]
    pub fn scheme(&self) -> Option<Scheme> {
        self.uri.map(|uri| uri.scheme)
    }

    /// The host of its URI, where that is an IP address.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.uri.and_then(|uri| uri.host_ip())
    }
}
