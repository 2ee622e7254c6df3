//! Takes what happens to TLS connections, gives their counts, never one connection.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::{Contact, Outcome, Resumption};

/// TLS as the intake of the report counts it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TlsTotals {
    /// Connections in which TLS was recognised.
    pub connections: u64,
    /// Handshakes that were complete.
    pub established: u64,
    /// Those of them that resumed a session.
    pub resumed: u64,
    /// Handshakes that an alert, a reset or a close ended.
    pub refused: u64,
    /// Handshakes that nobody went on with.
    pub stalled: u64,
    /// Connections whose handshake the capture does not hold, or not enough of it.
    pub unseen: u64,
    /// TCP connections that were asked for and did not come about, whatever for.
    pub unanswered: u64,
    /// Connections of which application data was decrypted.
    pub decrypted: u64,
    /// Connections with application data that was not.
    pub undecrypted: u64,
    /// Those, by what kept them closed: the suite, where no key would help.
    pub undecrypted_by: BTreeMap<Cow<'static, str>, u64>,
    /// Octets of protected application data, as records carry them.
    pub bytes: u64,
    /// Those of records that were decrypted.
    pub decrypted_bytes: u64,
    /// Complete handshakes by version.
    pub versions: BTreeMap<String, u64>,
    /// Complete handshakes by cipher suite.
    pub suites: BTreeMap<String, u64>,
}

impl TlsTotals {
    /// Counts a contact.
    pub fn contact(&mut self, contact: &Contact) {
        let tls = match contact {
            Contact::Tls(tls) => tls,
            Contact::Attempt(_) => {
                self.unanswered += 1;
                return;
            }
        };
        match tls.outcome {
            Outcome::Established => {
                self.established += 1;
                self.resumed += u64::from(matches!(tls.resumption, Resumption::Of(_)));
                if let Some(hello) = &tls.server_hello {
                    *self.versions.entry(hello.version.to_string()).or_default() += 1;
                    *self.suites.entry(super::sealing::name(hello.suite)).or_default() += 1;
                }
            }
            Outcome::Alerted(_) | Outcome::Reset(_) | Outcome::Closed(_) => self.refused += 1,
            Outcome::Stalled { .. } => self.stalled += 1,
            Outcome::Unseen => self.unseen += 1,
        }
    }

    /// Adds another part.
    pub fn merge(&mut self, other: &Self) {
        self.connections += other.connections;
        self.established += other.established;
        self.resumed += other.resumed;
        self.refused += other.refused;
        self.stalled += other.stalled;
        self.unseen += other.unseen;
        self.unanswered += other.unanswered;
        self.decrypted += other.decrypted;
        self.undecrypted += other.undecrypted;
        self.bytes += other.bytes;
        self.decrypted_bytes += other.decrypted_bytes;
        other.undecrypted_by.iter().for_each(|(why, n)| *self.undecrypted_by.entry(why.clone()).or_default() += n);
        for (mine, theirs) in [(&mut self.versions, &other.versions), (&mut self.suites, &other.suites)] {
            theirs.iter().for_each(|(name, n)| *mine.entry(name.clone()).or_default() += n);
        }
    }
}
