//! Takes a message, gives the addresses in it that name people, never those that name border elements.

use std::net::IpAddr;

use crate::base::Span;
use crate::sip::value::Uri;
use crate::sip::{self, HeaderName, Message};

/// Where an address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    RequestUri,
    Header(HeaderName),
}

impl Place {
    /// As findings name it.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::RequestUri => "Request-URI",
            Self::Header(id) => id.text(),
        }
    }

    /// As the policy key `sip.uri.apply_to` names it; empty for those it has no word for.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::RequestUri => "request-uri",
            Self::Header(HeaderName::From) => "from",
            Self::Header(HeaderName::To) => "to",
            Self::Header(HeaderName::PAssertedIdentity) => "pai",
            Self::Header(_) => "",
        }
    }
}

/// An address of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address<'a> {
    pub(super) place: Place,
    /// Where its URI stands.
    pub(super) at: Span,
    /// The URI; `None` where it cannot be read.
    pub(super) uri: Option<Uri<'a>>,
    /// Its host, where that is an IP address.
    pub(super) ip: Option<IpAddr>,
}

const NAMING: [HeaderName; 5] =
    [HeaderName::From, HeaderName::To, HeaderName::PAssertedIdentity, HeaderName::Diversion, HeaderName::HistoryInfo];

/// The Request-URI, then every address of From, To, P-Asserted-Identity, Diversion and History-Info.
pub(super) fn addresses(message: &Message) -> impl Iterator<Item = Address<'_>> {
    let request = message.addresses().first().filter(|a| a.header.is_none());
    let named = NAMING.into_iter().filter(|&id| message.has(id)).flat_map(|id| message.addresses_of(id));
    let view = |a: &sip::Address| Address {
        place: a.header.map_or(Place::RequestUri, Place::Header),
        at: a.at,
        uri: a.uri(message.text()),
        ip: a.ip(),
    };
    request.into_iter().chain(named).map(view)
}
