//! Takes the certificates that the sides of connections show, gives each once to the rules when the capture is over, never keeps more than its bound.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use sha2::{Digest, Sha256};

use super::judge::{Judge, Matter};
use super::sides::Sides;
use crate::base::{Anomalies, Anomaly, Time};
use crate::call::Trace;
use crate::certificate::{Presented, Trust};
use crate::policy::{Party, Terms};
use crate::rules::{CertificateSubject, ClientShown, ConnectionSubject, Verdict, certificate_text, trace};
use crate::transport::tls::{Chain, Side};

/// Certificates that are kept until the end. A scan or a flood makes more; what is beyond is judged by itself.
pub(super) const MOST: usize = 1024;

/// Octets of certificates that are kept until the end: a thousand honest chains have four million.
pub(super) const MOST_OCTETS: usize = 16 << 20;

/// The certificates that were shown.
#[derive(Debug, Default)]
pub(super) struct Certificates {
    shown: BTreeMap<ShownKey, Shown>,
    /// Those that were read, by fingerprint of the chain.
    read: HashMap<[u8; 32], Arc<Presented>, FixedState>,
    /// What those weigh.
    octets: usize,
}

/// Client, server, the side that showed the certificate, and the fingerprint of the chain.
type ShownKey = (IpAddr, IpAddr, Side, [u8; 32]);

/// A certificate as one side showed it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) presented: Arc<Presented>,
    pub(super) trust: Option<Trust>,
    /// Handshakes in which it was shown.
    pub(super) handshakes: u64,
    first: Trace,
    /// The first handshake in which it did not hold.
    lapsed: Option<Trace>,
}

/// Who showed a certificate to whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shower {
    pub(super) side: Side,
    pub(super) client: Party,
    pub(super) server: Party,
    /// When the capture ended.
    end: Time,
}

impl Certificates {
    /// What the client showed, for requests that come over the connection.
    pub(super) fn of_client(&self, subject: &ConnectionSubject<'_>) -> ClientShown {
        let chain = subject.look(&subject.tls.client_chain)?;
        let Some(chain) = chain.filter(|chain| !chain.is_empty()) else { return Ok(Arc::default()) };
        let known = self.read.get(&fingerprint(chain)).map(Arc::clone);
        Ok(known.unwrap_or_else(|| Arc::new(Presented::read(chain))))
    }

    /// Notes a certificate, to be judged when the capture is over: only then it is known how long it still holds.
    pub(super) fn show(&mut self, subject: &ConnectionSubject<'_>, side: Side, chain: &Chain, judge: &mut Judge<'_>, odd: &mut Anomalies) {
        let tls = subject.tls;
        let fingerprint = fingerprint(chain);
        let key = (tls.client.ip, tls.server.ip, side, fingerprint);
        let begun = tls.server_hello.as_ref().map_or(tls.begun, |hello| hello.at);
        let (sender, receiver) = if side == Side::Server { (tls.server, tls.client) } else { (tls.client, tls.server) };
        let trace = |presented: &Presented| {
            let text = presented.leaf().map_or_else(|| "no readable certificate".to_owned(), certificate_text);
            trace(begun, sender, receiver, &text)
        };
        odd.at(begun.origin);
        if let Some(known) = self.shown.get_mut(&key) {
            odd.note_many(Anomaly::CertificateBroken, u64::from(known.presented.is_broken()));
            known.handshakes += 1;
            let lapsed = known.presented.lapsed(&known.presented.line(known.trust.as_ref()), begun.time);
            // Connections come in the order in which they were decided, not begun.
            if lapsed.is_some() && known.lapsed.as_ref().is_none_or(|kept| begun.origin < kept.origin) {
                known.lapsed = Some(trace(&known.presented));
            }
            if begun.origin < known.first.origin {
                known.first = trace(&known.presented);
            }
            return;
        }
        let presented = match self.read.get(&fingerprint) {
            Some(presented) => Arc::clone(presented),
            None => Arc::new(Presented::read(chain)),
        };
        odd.note_many(Anomaly::CertificateBroken, u64::from(presented.is_broken()));
        let trust = subject.policy.anchors(subject.terms).map(|anchors| anchors.judge(&presented));
        let first = trace(&presented);
        let lapsed = presented.lapsed(&presented.line(trust.as_ref()), begun.time).map(|_| first.clone());
        let shown = Shown { presented, trust, handshakes: 1, first, lapsed };
        let weight = if self.read.contains_key(&fingerprint) { 0 } else { chain.iter().map(|der| der.len()).sum() };
        if self.shown.len() < MOST && self.octets.saturating_add(weight) <= MOST_OCTETS {
            self.octets += weight;
            self.read.insert(fingerprint, Arc::clone(&shown.presented));
            self.shown.insert(key, shown);
        } else {
            // As if the capture ended here.
            odd.note(Anomaly::TlsUntallied);
            let whose = Shower { side, client: subject.client, server: subject.server, end: begun.time };
            shown.judge(&whose, subject.terms, judge);
        }
    }

    /// Judges each; gives it with who showed it to whom.
    pub(super) fn close(&mut self, sides: &Sides, end: Time, judge: &mut Judge<'_>) -> Vec<(Shower, Shown)> {
        let policy = judge.policy;
        let side_of = |ip| sides.of(policy.party(ip));
        let mut certificates: BTreeMap<(Party, Party, Side, [u8; 32]), Shown> = BTreeMap::new();
        for ((client, server, side, fingerprint), shown) in std::mem::take(&mut self.shown) {
            let key = (side_of(client), side_of(server), side, fingerprint);
            match certificates.get_mut(&key) {
                Some(known) => known.absorb(&shown),
                None => drop(certificates.insert(key, shown)),
            }
        }
        let certificates: Vec<(Shower, Shown)> =
            certificates.into_iter().map(|((client, server, side, _), shown)| (Shower { side, client, server, end }, shown)).collect();
        for (whose, shown) in &certificates {
            shown.judge(whose, policy.terms(whose.client, whose.server, None), judge);
        }
        certificates
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }
}

impl Shown {
    fn absorb(&mut self, other: &Self) {
        self.handshakes += other.handshakes;
        if other.first.origin < self.first.origin {
            self.first = other.first.clone();
        }
        if let Some(lapsed) = &other.lapsed {
            Trace::keep_first(&mut self.lapsed, lapsed);
        }
    }

    fn judge(&self, whose: &Shower, terms: &Terms, judge: &mut Judge<'_>) {
        let subject = CertificateSubject {
            side: whose.side,
            shown: Ok(&self.presented),
            trust: self.trust.as_ref(),
            first: &self.first,
            lapsed: self.lapsed.as_ref(),
            end: whose.end,
            policy: judge.policy,
            client: whose.client,
            server: whose.server,
            terms,
        };
        let matter = Matter::shown_by(&self.first, "certificate", (whose.client, whose.server));
        judge.judge(&judge.docket.certificates, matter, |check| check(&subject));
    }
}

/// Asks the rules about a certificate that cannot be judged.
pub(super) fn unseen(subject: &ConnectionSubject<'_>, side: Side, verdict: &Verdict, judge: &mut Judge<'_>) {
    let first = subject.server_hello();
    let asked = CertificateSubject {
        side,
        shown: Err(verdict),
        trust: None,
        first: &first,
        lapsed: None,
        end: first.first,
        policy: subject.policy,
        client: subject.client,
        server: subject.server,
        terms: subject.terms,
    };
    let matter = Matter::shown_by(&first, "certificate", (subject.client, subject.server));
    judge.judge(&judge.docket.certificates, matter, |check| check(&asked));
}

fn fingerprint(chain: &Chain) -> [u8; 32] {
    let mut hash = Sha256::new();
    for der in chain.iter() {
        hash.update(der.len().to_be_bytes());
        hash.update(der);
    }
    hash.finalize().into()
}
