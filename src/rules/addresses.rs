//! Takes a message, gives the addresses in it that name people, never those that name border elements.

use std::cell::OnceCell;
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

impl<'a> From<sip::Address<'a>> for Address<'a> {
    fn from(address: sip::Address<'a>) -> Self {
        let place = address.header.map_or(Place::RequestUri, Place::Header);
        Self { place, at: address.at, uri: address.uri, ip: address.ip() }
    }
}

const NAMING: [HeaderName; 5] =
    [HeaderName::From, HeaderName::To, HeaderName::PAssertedIdentity, HeaderName::Diversion, HeaderName::HistoryInfo];

/// The addresses of one message, read when the first rule asks.
#[derive(Clone, Debug, Default)]
pub struct Addresses<'a>(OnceCell<Vec<Address<'a>>>);

impl<'a> Addresses<'a> {
    /// The Request-URI, then every address of From, To, P-Asserted-Identity, Diversion and History-Info.
    pub(super) fn of(&self, message: &'a Message) -> &[Address<'a>] {
        self.0.get_or_init(|| {
            let named = NAMING.into_iter().filter(|&id| message.has(id)).flat_map(|id| message.addresses_of(id));
            message.target().into_iter().chain(named).map(Address::from).collect()
        })
    }
}
