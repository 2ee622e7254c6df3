//! Takes what TLS and its certificates were seen, gives them as rows of the page, never markup.

use super::excerpt::head;
use super::view::LONGEST;
use crate::audit::{CertificateRow, TlsCount};
use crate::report::figures::{NONE, count, moment};

pub(super) struct Certificate {
    pub(super) owner: String,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) names: String,
    pub(super) issuer: String,
    pub(super) key: String,
    pub(super) until: String,
    pub(super) trusted: &'static str,
    pub(super) handshakes: String,
    pub(super) sha256: String,
}

pub(super) fn tls_count(counted: &TlsCount) -> (String, String) {
    (head(&counted.name, LONGEST), count(counted.connections))
}

pub(super) fn certificate(row: &CertificateRow) -> Certificate {
    let names = row.names.as_deref().map_or_else(|| "no alternative names".to_owned(), |names| head(names, LONGEST));
    Certificate {
        owner: format!("{}, as {}", head(&row.owner, 120), row.role),
        to: head(&row.to, 120),
        subject: head(&row.subject, LONGEST),
        names,
        issuer: head(&row.issuer, LONGEST),
        key: head(&row.key, 60),
        until: moment(row.not_after),
        trusted: match row.trusted {
            Some(true) => "yes",
            Some(false) => "no",
            None => NONE,
        },
        handshakes: count(row.handshakes),
        sha256: row.sha256.get(..16).map(|start| format!("{start}…")).unwrap_or_default(),
    }
}
