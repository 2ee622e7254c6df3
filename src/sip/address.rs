//! Takes a URI where it stands in a message, gives its parts as places, never a judgement on it.

use std::net::IpAddr;

use super::HeaderName;
use super::octet::place_of;
use super::value::{Params, Scheme, Uri};
use crate::base::Span;

/// An address of a message, taken apart once: the Request-URI, or one of a header that names people or steers requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The header; `None` for the Request-URI.
    pub header: Option<HeaderName>,
    /// Where the URI stands, without brackets; the whole element where there is no telling.
    pub at: Span,
    parts: Option<Parts>,
}

/// Where the parts of a URI stand: those of [`Uri`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts {
    scheme: Scheme,
    user: Option<Span>,
    password: Option<Span>,
    host: Span,
    port: Option<u16>,
    params: Span,
    headers: Span,
    ip: Option<IpAddr>,
}

impl Address {
    /// The address whose URI stands `at` a place of `text`; `uri` where it could be read.
    pub(super) fn of(header: Option<HeaderName>, at: Span, uri: Option<&Uri<'_>>, text: &[u8]) -> Self {
        let place = |part: &[u8]| place_of(part, text).unwrap_or_default();
        let parts = uri.map(|uri| Parts {
            scheme: uri.scheme,
            user: uri.user.map(place),
            password: uri.password.map(place),
            host: place(uri.host),
            port: uri.port,
            params: place(uri.params.0),
            headers: place(uri.headers),
            ip: uri.host_ip(),
        });
        Self { header, at, parts }
    }

    /// Its URI in the text of its message; `None` where it cannot be read.
    #[must_use]
    pub fn uri<'a>(&self, text: &'a [u8]) -> Option<Uri<'a>> {
        self.parts.as_ref().map(|parts| Uri {
            text: self.at.of(text),
            scheme: parts.scheme,
            user: parts.user.map(|at| at.of(text)),
            password: parts.password.map(|at| at.of(text)),
            host: parts.host.of(text),
            port: parts.port,
            params: Params(parts.params.of(text)),
            headers: parts.headers.of(text),
        })
    }

    /// The scheme of its URI.
    #[must_use]
    pub fn scheme(&self) -> Option<Scheme> {
        self.parts.as_ref().map(|parts| parts.scheme)
    }

    /// The host of its URI, where that is an IP address.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.parts.as_ref().and_then(|parts| parts.ip)
    }
}
