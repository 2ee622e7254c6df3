//! Takes what sessions come to, gives it as records for the whole capture's order, never resolves one by another.

use std::sync::Arc;

use super::connection::Chain;
use super::name::Name;
use super::{Contact, Moment, Sight};

/// What a full handshake showed that a resumed session inherits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transport) struct Parentage {
    /// Its ClientHello.
    pub(in crate::transport) hello: Option<Moment>,
    pub(in crate::transport) server_chain: Sight<Chain>,
    pub(in crate::transport) certificate_request: Sight<()>,
    pub(in crate::transport) client_chain: Sight<Chain>,
}

/// Where the certificates of a session come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transport) enum Lineage {
    /// From its own handshake.
    Own(Arc<Parentage>),
    /// From the session of one of these names.
    Inherited(Arc<[Name]>),
}

/// Something about TLS that is settled in the order of the whole capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsEvent(pub(in crate::transport) Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transport) enum Kind {
    /// A contact is decided. It may resume a session by one of some names.
    Contact { contact: Contact, resumes: Option<Arc<[Name]>> },
    /// From here on, a session can be resumed by a name.
    Grant { at: Moment, name: Name, lineage: Lineage },
}

impl TlsEvent {
    /// A contact is decided that resumes nothing.
    pub(in crate::transport) const fn contact(contact: Contact) -> Self {
        Self(Kind::Contact { contact, resumes: None })
    }

    /// A ticket was given, if it can be used.
    pub(in crate::transport) fn grant(ticket: &[u8], at: Moment, lineage: Lineage) -> Option<Self> {
        Name::of_ticket(ticket).map(|name| Self(Kind::Grant { at, name, lineage }))
    }
}
