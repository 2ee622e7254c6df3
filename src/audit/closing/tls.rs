//! Takes what connections came to, gives the section on TLS, never a connection.

use super::names::Names;
use crate::audit::certificates::{Shower, Shown};
use crate::audit::{CertificateRow, Contacts, TlsCount, TlsUse};
use crate::certificate::Trust;
use crate::rules::suite_text;
use crate::transport::tls::{Side, TlsVersion};

pub(super) fn tls_use(names: &Names<'_>, contacts: &Contacts, certificates: &[(Shower, Shown)]) -> TlsUse {
    let count = |name: String, &connections: &u64| TlsCount { name, connections };
    let row = |(whose, shown): &(Shower, Shown)| {
        let leaf = shown.presented.leaf()?;
        let (owner, to, role) = match whose.side {
            Side::Server => (whose.server, whose.client, "server"),
            Side::Client => (whose.client, whose.server, "client"),
        };
        Some(CertificateRow {
            owner: names.of(owner),
            to: names.of(to),
            role,
            subject: leaf.subject.clone(),
            issuer: leaf.issuer.clone(),
            names: leaf.alternative_names(),
            key: leaf.key.to_string(),
            not_before: leaf.not_before,
            not_after: leaf.not_after,
            sha256: leaf.fingerprint(),
            trusted: match shown.trust {
                Some(Trust::Agreed(_)) => Some(true),
                Some(Trust::Broken(_)) => Some(false),
                Some(Trust::Unverifiable) | None => None,
            },
            handshakes: shown.handshakes,
        })
    };
    TlsUse {
        connections: contacts.connections,
        established: contacts.established,
        resumed: contacts.resumed,
        other_connections: contacts.others,
        versions: contacts.versions.iter().map(|(&version, n)| count(TlsVersion(version).to_string(), n)).collect(),
        suites: contacts.suites.iter().map(|(&code, n)| count(suite_text(code), n)).collect(),
        certificates: by_leaf(certificates.iter().filter_map(row)),
    }
}

/// A certificate that was sent with others behind it and without them is one to its reader; trusted only where it always is.
fn by_leaf(rows: impl Iterator<Item = CertificateRow>) -> Vec<CertificateRow> {
    let mut folded: Vec<CertificateRow> = Vec::new();
    for row in rows {
        let same = |known: &&mut CertificateRow| {
            (&known.owner, &known.to, known.role, &known.sha256) == (&row.owner, &row.to, row.role, &row.sha256)
        };
        match folded.iter_mut().find(same) {
            Some(known) => {
                known.handshakes += row.handshakes;
                known.trusted = known.trusted.zip(row.trusted).map(|(a, b)| a && b);
            }
            None => folded.push(row),
        }
    }
    folded.sort_by(|a, b| (&a.owner, &a.to, a.role, &a.sha256).cmp(&(&b.owner, &b.to, b.role, &b.sha256)));
    folded
}
