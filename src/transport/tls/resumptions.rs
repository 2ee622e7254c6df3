//! Takes TLS events of a window, gives contacts with what they inherit, never lets the cut of windows decide who inherits.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;

use super::connection::{Chain, Resumption};
use super::event::{Kind, Lineage, Parentage, TlsEvent};
use super::name::Name;
use super::{Contact, Moment, Sight};
use crate::base::{Origin, Time};

/// Names that are remembered; the oldest go first.
const MAX_NAMES: usize = 1 << 16;

/// Octets of certificates that they may hold, counted once a name.
const MAX_OCTETS: usize = 64 << 20;

/// The sessions that can be resumed.
#[derive(Debug, Default)]
pub struct Resumptions {
    known: HashMap<Name, (u64, Arc<Parentage>)>,
    /// Names in the order in which they were granted, each with the number of its grant.
    order: VecDeque<(u64, Name)>,
    granted: u64,
    octets: usize,
}

impl Resumptions {
    /// Takes the events of a window in any order, gives its contacts in the order in which they were decided.
    pub fn settle(&mut self, mut events: Vec<TlsEvent>) -> Vec<Contact> {
        events.sort_by_key(|TlsEvent(kind)| place(kind));
        let mut contacts = Vec::new();
        for TlsEvent(kind) in events {
            match kind {
                Kind::Grant { name, lineage: Lineage::Own(parentage), .. } => self.grant(name, parentage),
                Kind::Grant { name, lineage: Lineage::Inherited(names), .. } => {
                    if let Some(parentage) = self.find(&names) {
                        self.grant(name, parentage);
                    }
                }
                Kind::Contact { mut contact, resumes } => {
                    if let Some(parentage) = resumes.and_then(|names| self.find(&names)) {
                        inherit(&mut contact, &parentage);
                    }
                    contacts.push(contact);
                }
            }
        }
        contacts
    }

    fn find(&self, names: &[Name]) -> Option<Arc<Parentage>> {
        names.iter().find_map(|name| self.known.get(name)).map(|(_, parentage)| Arc::clone(parentage))
    }

    fn grant(&mut self, name: Name, parentage: Arc<Parentage>) {
        self.granted += 1;
        self.octets += weight(&parentage);
        if let Some((_, old)) = self.known.insert(name, (self.granted, parentage)) {
            self.octets -= weight(&old);
        }
        self.order.push_back((self.granted, name));
        while (self.known.len() > MAX_NAMES || self.octets > MAX_OCTETS || self.order.len() > 2 * MAX_NAMES)
            && let Some((number, oldest)) = self.order.pop_front()
        {
            // It may have been granted again since.
            if self.known.get(&oldest).is_some_and(|(latest, _)| *latest == number)
                && let Some((_, old)) = self.known.remove(&oldest)
            {
                self.octets -= weight(&old);
            }
        }
    }
}

/// Where an event stands: grants stand before what the same frame decides.
fn place(kind: &Kind) -> (Time, bool, Origin, bool, Origin, Option<Name>) {
    match kind {
        Kind::Grant { at, name, .. } => (at.clock, false, at.origin, false, Origin::default(), Some(*name)),
        Kind::Contact { contact, .. } => {
            let (clock, by_time, decided, begun) = contact.order();
            (clock, by_time, decided, true, begun, None)
        }
    }
}

fn weight(parentage: &Parentage) -> usize {
    let chain = |sight: &Sight<Chain>| sight.seen().map_or(0, |chain| chain.iter().map(|certificate| certificate.len()).sum());
    256 + chain(&parentage.server_chain) + chain(&parentage.client_chain)
}

fn inherit(contact: &mut Contact, parentage: &Parentage) {
    let Contact::Tls(tls) = contact else { return };
    let hello: Option<Moment> = parentage.hello;
    tls.resumption = Resumption::Of(hello);
    tls.server_chain = parentage.server_chain.clone();
    tls.certificate_request = parentage.certificate_request;
    tls.client_chain = parentage.client_chain.clone();
}
