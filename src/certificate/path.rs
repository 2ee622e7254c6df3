//! Takes the certificates that a side showed and those that were agreed to trust, gives the way from one to the other, never at what time it holds.
//!
//! RFC 5280 §6 without its questions of time, names and purpose, which other rules ask: of those, an answer here would hide theirs.

use x509_parser::certificate::X509Certificate;

use super::anchors::Anchors;
use super::extensions::{Authority, authority};
use super::signature::{Check, check};
use super::{Presented, constraints, name};

/// More authorities than this between a leaf and its anchor are no honest chain.
const LONGEST: usize = 8;

/// So many signatures are verified for one chain at most: a hostile one could ask for a product of many.
const MOST_CHECKS: usize = 64;

/// Whether a chain leads to somebody who was agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It does, through these of the presented certificates, the leaf first.
    Agreed(Vec<usize>),
    /// It does not.
    Broken(Fault),
    /// It hangs on a signature by an algorithm that is not known here.
    Unverifiable,
}

/// Why a chain leads nowhere. The later ones came closer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The leaf is no certificate.
    Unreadable,
    /// Nobody above the last certificate was presented or agreed.
    UnknownIssuer,
    /// The leaf signed itself, and nobody agreed to it.
    SelfSigned,
    /// An issuer of the right name has another key.
    Signature,
    /// A certificate is signed by one that is no authority (basicConstraints).
    NoAuthority,
    /// An authority may not sign certificates (keyUsage).
    KeyUsage,
    /// An authority has more authorities below it than it may have.
    PathLength,
    /// A name that an authority may not vouch for.
    NameConstraints,
    /// A critical extension that is not understood.
    CriticalExtension,
}

impl Fault {
    /// What was observed, for a finding.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unreadable => "no readable certificate",
            Self::UnknownIssuer => "issued by an authority that was not agreed",
            Self::SelfSigned => "self-signed certificate",
            Self::Signature => "signature that its issuer did not make",
            Self::NoAuthority => "issued by a certificate that is no authority",
            Self::KeyUsage => "issued by an authority that may not sign certificates",
            Self::PathLength => "more intermediate authorities than allowed",
            Self::NameConstraints => "name outside of the constraints of its authority",
            Self::CriticalExtension => "critical extension that is not understood",
        }
    }
}

impl Anchors {
    /// Whether what was presented leads to one of them.
    #[must_use]
    pub fn judge(&self, presented: &Presented) -> Trust {
        let Some(leaf) = presented.leaf() else { return Trust::Broken(Fault::Unreadable) };
        // A certificate that was agreed itself needs nobody above it.
        if self.iter().any(|anchor| anchor.der == leaf.der) {
            return Trust::Agreed(vec![0]);
        }
        let parsed: Vec<(usize, X509Certificate<'_>)> = presented.others().filter_map(|(at, c)| Some((at, c.x509()?))).collect();
        // Of several issuers of one name, the one that holds longest is tried first: the path does not depend on their order.
        let mut parsed = parsed;
        parsed.sort_by_key(|(at, c)| (std::cmp::Reverse(c.validity().not_after.timestamp()), *at));
        let anchors: Vec<X509Certificate<'_>> = self.iter().filter_map(|anchor| anchor.x509()).collect();
        let Some(leaf) = leaf.x509() else { return Trust::Broken(Fault::Unreadable) };
        let mut search = Search { anchors: &anchors, others: &parsed, checks: 0, worst: None, unverifiable: false };
        let mut below: Vec<(usize, &X509Certificate<'_>)> = vec![(0, &leaf)];
        if has_obscure_extension(&leaf) {
            return Trust::Broken(Fault::CriticalExtension);
        }
        if search.climb(&mut below) {
            return Trust::Agreed(below.iter().map(|&(at, _)| at).collect());
        }
        match search.worst {
            // What could not be verified may have been the way.
            _ if search.unverifiable => Trust::Unverifiable,
            Some(fault) => Trust::Broken(fault),
            None if leaf.subject().as_raw() == leaf.issuer().as_raw() => Trust::Broken(Fault::SelfSigned),
            None => Trust::Broken(Fault::UnknownIssuer),
        }
    }
}

/// A search through issuers, deepest first.
struct Search<'s, 'd> {
    anchors: &'s [X509Certificate<'d>],
    others: &'s [(usize, X509Certificate<'d>)],
    checks: usize,
    worst: Option<Fault>,
    unverifiable: bool,
}

impl<'s, 'd> Search<'s, 'd> {
    /// Finds a way from the last of `below` to an anchor; `below` then holds it.
    fn climb(&mut self, below: &mut Vec<(usize, &'s X509Certificate<'d>)>) -> bool
    where
        'd: 's,
    {
        let Some(&(_, last)) = below.last() else { return false };
        let (anchors, others) = (self.anchors, self.others);
        for anchor in anchors.iter().filter(|a| same_name(a, last)) {
            // An anchor without basicConstraints is one of version 1, or was agreed for what it is.
            let own = authority(anchor);
            if self.follows(anchor, own, own.authority != Some(false), below) {
                return true;
            }
        }
        if below.len() > LONGEST {
            return false;
        }
        for (at, issuer) in others.iter().filter(|(_, o)| same_name(o, last)) {
            let own = authority(issuer);
            if below.iter().any(|(used, _)| used == at) || !self.follows(issuer, own, own.authority == Some(true), below) {
                continue;
            }
            if own.obscure {
                self.note(Fault::CriticalExtension);
                continue;
            }
            below.push((*at, issuer));
            if self.climb(below) {
                return true;
            }
            below.pop();
        }
        false
    }

    /// Whether `issuer` stands rightly above everything `below` it.
    fn follows(
        &mut self,
        issuer: &X509Certificate<'_>,
        own: Authority,
        is_authority: bool,
        below: &[(usize, &X509Certificate<'_>)],
    ) -> bool {
        let Some(&(_, last)) = below.last() else { return false };
        self.checks += 1;
        if self.checks > MOST_CHECKS {
            return false;
        }
        match check(last, issuer.public_key()) {
            Check::Right => {}
            Check::Wrong => {
                self.note(Fault::Signature);
                return false;
            }
            Check::Unknown => {
                self.unverifiable = true;
                return false;
            }
        }
        // Authorities that issued themselves, for a new key, do not count (RFC 5280 §4.2.1.9).
        let authorities = below.iter().skip(1).filter(|(_, c)| c.subject().as_raw() != c.issuer().as_raw()).count();
        let too_long = own.path_length.is_some_and(|most| authorities > most as usize);
        let outside = match constraints::of(issuer) {
            Ok(None) => false,
            Ok(Some(limits)) => !below.iter().all(|(_, c)| constraints::within(limits, c)),
            Err(()) => true,
        };
        let faults = [
            (!is_authority, Fault::NoAuthority),
            (!own.may_sign, Fault::KeyUsage),
            (too_long, Fault::PathLength),
            (outside, Fault::NameConstraints),
        ];
        match faults.into_iter().find(|&(is, _)| is) {
            Some((_, fault)) => {
                self.note(fault);
                false
            }
            None => true,
        }
    }

    fn note(&mut self, fault: Fault) {
        self.worst = self.worst.max(Some(fault));
    }
}

fn has_obscure_extension(certificate: &X509Certificate<'_>) -> bool {
    authority(certificate).obscure
}

/// Whether `issuer` has the name that `certificate` gives its issuer: octet by octet, or as text in any case (RFC 5280 §7.1).
fn same_name(issuer: &X509Certificate<'_>, certificate: &X509Certificate<'_>) -> bool {
    let (own, wanted) = (issuer.subject(), certificate.issuer());
    own.as_raw() == wanted.as_raw() || name::line(own).eq_ignore_ascii_case(&name::line(wanted))
}

#[cfg(test)]
mod tests {
    use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

    use super::*;
    use crate::certificate::workshop::{self, Authority, Draft, San};

    fn trust(anchors: &[&[u8]], chain: &[&[u8]]) -> Trust {
        let chain: Vec<Box<[u8]>> = chain.iter().map(|der| (*der).into()).collect();
        Anchors::of(anchors).judge(&Presented::read(&chain))
    }

    /// What webpki says of the same chain on 2026-06-01.
    fn webpki(anchor: &[u8], chain: &[&[u8]]) -> Result<(), webpki::Error> {
        let own = anchor.into();
        let anchors = [anchor_from_trusted_cert(&own).unwrap()];
        let leaf = chain[0].into();
        let others: Vec<_> = chain[1..].iter().map(|der| (*der).into()).collect();
        let time = rustls_pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_780_272_000));
        let algorithms = webpki::ALL_VERIFICATION_ALGS;
        EndEntityCert::try_from(&leaf)?.verify_for_usage(algorithms, &anchors, &others, time, KeyUsage::server_auth(), None, None).map(drop)
    }

    #[test]
    fn a_chain_over_an_intermediate_leads_to_its_root() {
        let root = Authority::root("Peering Root");
        let middle = root.authority(&Draft { common_name: Some("Peering Issuing"), authority: Some(Some(0)), ..Draft::default() });
        let leaf = middle.issue(&Draft::for_host("sbc.alpha.example"));
        let chain: [&[u8]; 2] = [&leaf, &middle.der];
        assert_eq!(trust(&[&root.der], &chain), Trust::Agreed(vec![0, 1]));
        assert_eq!(webpki(&root.der, &chain), Ok(()));
        assert_eq!(trust(&[&middle.der], &[&leaf]), Trust::Agreed(vec![0]), "an intermediate can be agreed itself");
        assert_eq!(trust(&[&root.der], &[&leaf]), Trust::Broken(Fault::UnknownIssuer));
        // What else was sent, and in which order, does not matter.
        let stray = Authority::root("Somebody Else");
        assert_eq!(trust(&[&root.der], &[&leaf, &stray.der, &root.der, &middle.der]), Trust::Agreed(vec![0, 3]));
    }

    #[test]
    fn each_fault_has_its_name() {
        let root = Authority::root("Peering Root");
        let below = |draft: Draft<'_>, host: &str| {
            let middle = root.authority(&Draft { common_name: Some("Issuing"), ..draft });
            let leaf = middle.issue(&Draft::for_host(host));
            let chain: [&[u8]; 2] = [&leaf, &middle.der];
            let own = trust(&[&root.der], &chain);
            // webpki looks past keyUsage; RFC 5280 §6.1.4 (n) does not.
            let by_webpki = own == Trust::Broken(Fault::KeyUsage) || own == Trust::Agreed(vec![0, 1]);
            assert_eq!(by_webpki, webpki(&root.der, &chain).is_ok(), "{own:?}");
            own
        };
        let authority = || Draft { authority: Some(None), ..Draft::default() };
        assert_eq!(below(Draft::default(), "a.example"), Trust::Broken(Fault::NoAuthority));
        assert_eq!(below(Draft { may_sign: false, ..authority() }, "a.example"), Trust::Broken(Fault::KeyUsage));
        assert_eq!(below(Draft { permitted: vec!["b.example"], ..authority() }, "a.example"), Trust::Broken(Fault::NameConstraints));
        assert_eq!(below(Draft { permitted: vec!["a.example"], ..authority() }, "sbc.a.example"), Trust::Agreed(vec![0, 1]));
        assert_eq!(below(Draft { excluded: vec!["a.example"], ..authority() }, "sbc.a.example"), Trust::Broken(Fault::NameConstraints));
        assert_eq!(below(Draft { obscure: true, ..authority() }, "a.example"), Trust::Broken(Fault::CriticalExtension));

        let short = root.authority(&Draft { common_name: Some("Short"), authority: Some(Some(0)), ..Draft::default() });
        let long = short.authority(&Draft { common_name: Some("Long"), ..authority() });
        let leaf = long.issue(&Draft::for_host("a.example"));
        let chain: [&[u8]; 3] = [&leaf, &long.der, &short.der];
        assert_eq!(trust(&[&root.der], &chain), Trust::Broken(Fault::PathLength));
        assert!(webpki(&root.der, &chain).is_err());
    }

    #[test]
    fn an_impostor_of_the_same_name_has_another_key() {
        let (root, impostor) = (Authority::root("Peering Root"), Authority::root("Peering Root"));
        let leaf = impostor.issue(&Draft::for_host("a.example"));
        assert_eq!(trust(&[&root.der], &[&leaf]), Trust::Broken(Fault::Signature));
        assert_eq!(trust(&[&root.der], &[&leaf, &impostor.der]), Trust::Broken(Fault::Signature));
        assert_eq!(trust(&[&root.der, &impostor.der], &[&leaf]), Trust::Agreed(vec![0]), "both were agreed");
    }

    #[test]
    fn a_self_signed_certificate_is_trusted_only_where_it_was_agreed_itself() {
        let (own, other) = (Draft::for_host("a.example").self_signed(), Authority::root("Root"));
        assert_eq!(trust(&[&other.der], &[&own]), Trust::Broken(Fault::SelfSigned));
        assert_eq!(trust(&[&other.der, &own], &[&own]), Trust::Agreed(vec![0]));
        assert_eq!(trust(&[&other.der], &[b"no certificate"]), Trust::Broken(Fault::Unreadable));
    }

    #[test]
    fn weak_keys_expiry_usage_and_names_are_the_business_of_other_rules() {
        let (ca, leaf) = (workshop::der(workshop::PEERING_CA), workshop::der(workshop::RSA_1024_LEAF));
        assert_eq!(trust(&[&ca], &[&leaf]), Trust::Agreed(vec![0]), "RSA 1024 and SHA-1");
        assert!(webpki(&ca, &[&leaf]).is_err());
        let root = Authority::root("Root");
        let odd = Draft {
            until: (2026, 2, 1),
            usages: Some(vec![workshop::CODE_SIGNING]),
            names: Some(vec![San::Uri("sip:a.example")]),
            ..Draft::default()
        };
        let leaf = root.issue(&odd);
        assert_eq!(trust(&[&root.der], &[&leaf]), Trust::Agreed(vec![0]));
        assert!(webpki(&root.der, &[&leaf]).is_err());
    }

    #[test]
    fn a_signature_that_cannot_be_verified_is_not_called_wrong() {
        let odd = workshop::der(workshop::P521_SELF_SIGNED);
        let other = Authority::root("p521");
        assert_eq!(trust(&[&other.der], &[&odd]), Trust::Unverifiable);
    }

    #[test]
    fn many_issuers_of_one_name_are_not_all_tried() {
        let root = Authority::root("Root");
        let crowd: Vec<Authority> = (0..31).map(|_| Authority::root("Crowd")).collect();
        let leaf = Authority::root("Crowd").issue(&Draft::for_host("a.example"));
        let chain: Vec<&[u8]> = std::iter::once(&*leaf).chain(crowd.iter().map(|c| &*c.der)).collect();
        assert_eq!(trust(&[&root.der], &chain), Trust::Broken(Fault::Signature));
    }
}
