//! Takes a certificate as one side showed it to another, asks the rules about it, never gives more than one of them sees.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::judge::{Judge, Matter};
use crate::base::Time;
use crate::call::Trace;
use crate::certificate::{Presented, Trust};
use crate::policy::{Party, Terms};
use crate::rules::{CertificateSubject, ConnectionSubject, Verdict};
use crate::transport::tls::{Chain, Side};

/// A certificate as one side showed it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) presented: Arc<Presented>,
    pub(super) trust: Option<Trust>,
    /// Handshakes in which it was shown.
    pub(super) handshakes: u64,
    pub(super) first: Trace,
    /// The first handshake in which it did not hold.
    pub(super) lapsed: Option<Trace>,
}

/// Who showed a certificate to whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shower {
    pub(super) side: Side,
    pub(super) client: Party,
    pub(super) server: Party,
    /// When the capture ended.
    pub(super) end: Time,
}

impl Shown {
    pub(super) fn absorb(&mut self, other: &Self) {
        self.handshakes += other.handshakes;
        if other.first.origin < self.first.origin {
            self.first = other.first.clone();
        }
        if let Some(lapsed) = &other.lapsed {
            Trace::keep_first(&mut self.lapsed, lapsed);
        }
    }

    pub(super) fn judge(&self, whose: &Shower, terms: &Terms, judge: &mut Judge<'_>) {
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

pub(super) fn fingerprint(chain: &Chain) -> [u8; 32] {
    let mut hash = Sha256::new();
    for der in chain.iter() {
        hash.update(der.len().to_be_bytes());
        hash.update(der);
    }
    hash.finalize().into()
}
