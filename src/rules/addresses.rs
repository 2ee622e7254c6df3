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

/// The addresses of one message, read when the first rule asks.
#[derive(Clone, Debug, Default)]
pub struct Addresses<'a> {
    all: OnceCell<Vec<Address<'a>>>,
    asserted: OnceCell<Vec<Address<'a>>>,
}

impl<'a> Addresses<'a> {
    /// The Request-URI, then every address of From, To, P-Asserted-Identity, Diversion and History-Info.
    pub(super) fn of(&self, message: &'a Message) -> &[Address<'a>] {
        self.all.get_or_init(|| {
            let read = |id: HeaderName| message.addresses_of(id).map(Address::from);
            let target = message.target().into_iter().map(Address::from);
            let people = [HeaderName::From, HeaderName::To].into_iter().flat_map(read);
            let diverted = [HeaderName::Diversion, HeaderName::HistoryInfo].into_iter().filter(|&id| message.has(id)).flat_map(read);
            target.chain(people).chain(self.asserted(message).iter().copied()).chain(diverted).collect()
        })
    }

    /// The addresses of P-Asserted-Identity.
    pub(super) fn asserted(&self, message: &'a Message) -> &[Address<'a>] {
        let read = || message.addresses_of(HeaderName::PAssertedIdentity).map(Address::from).collect();
        self.asserted.get_or_init(|| if message.has(HeaderName::PAssertedIdentity) { read() } else { Vec::new() })
    }
}
