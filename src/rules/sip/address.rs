//! Takes a message, gives the addresses in it that name people, never those that name border elements.

use crate::base::Span;
use crate::sip::value::{Uri, elements, name_addr, uri};
use crate::sip::{HeaderName, Message, Start};

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
}

const NAMING: &[HeaderName] =
    &[HeaderName::From, HeaderName::To, HeaderName::PAssertedIdentity, HeaderName::Diversion, HeaderName::HistoryInfo];

/// The Request-URI, then every address of From, To, P-Asserted-Identity, Diversion and History-Info.
pub(super) fn addresses(message: &Message) -> impl Iterator<Item = Address<'_>> {
    let request = match message.start() {
        Start::Request { uri: at, .. } => Some(Address { place: Place::RequestUri, at, uri: uri(message.at(at)) }),
        Start::Response { .. } => None,
    };
    let named = NAMING.iter().flat_map(|&id| message.lines(id)).flat_map(|header| {
        elements(message.at(header.value)).filter_map(|element| {
            let named = name_addr(element)?;
            let at = message.place_of(named.address).unwrap_or(header.value);
            Some(Address { place: Place::Header(header.id), at, uri: named.uri() })
        })
    });
    request.into_iter().chain(named)
}
