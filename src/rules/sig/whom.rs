//! Takes a certificate, gives whether it names the peer that showed it, never whether to trust it.

use std::sync::Arc;

use crate::certificate::{Identities, IdentitySource};
use crate::policy::Level;
use crate::rules::{Breach, CertificateSubject, Verdict};

/// Whether one of the SIP identities of the certificate (RFC 5922 §7.1, §7.2) was declared for the peer that showed it.
pub(super) fn names_its_peer(subject: &CertificateSubject<'_>) -> Verdict {
    let Some(peer) = subject.owner() else { return Verdict::NotApplicable };
    let mut declared = subject.declared_domains().peekable();
    if declared.peek().is_none() {
        return Verdict::NotApplicable;
    }
    let leaf = match subject.leaf() {
        Ok((leaf, _)) => leaf,
        Err(verdict) => return verdict,
    };
    let identities = Identities::of(leaf);
    let fallback = subject.terms.tls.cn_fallback.as_ref().map(|clause| clause.value);
    let by_common_name = identities.source == IdentitySource::CommonName;
    let refused = by_common_name && fallback == Some(Level::Forbidden);
    if !refused && declared.any(|domain| identities.identify(domain)) {
        return Verdict::Pass;
    }
    let observed = match identities.domains.len() {
        _ if refused => "common name only".to_owned(),
        0 => "no SIP identity at all".to_owned(),
        _ => format!("no SIP identity of {}", peer.id),
    };
    let wanted: Vec<&str> = subject.declared_domains().collect();
    let breach = Breach { clause: Some(Arc::clone(&peer.from)), ..Breach::of_standard(observed, wanted.join(", ")) };
    Verdict::breach(subject.blame(breach))
}
