//! Takes a clause of the policy and one subject, gives a verdict, never remembers one.

mod addresses;
mod catalogue;
mod certified;
mod connection;
mod distinct;
mod encapsulation;
mod kind;
mod legs_subject;
mod media_subject;
#[cfg(test)]
mod negotiation;
mod numbers;
mod page;
#[cfg(test)]
mod passage;
mod passports;
mod ping;
mod quote;
mod repertoire;
mod reuse_subject;
mod rule;
#[cfg(test)]
mod scene;
mod subject;
#[cfg(test)]
mod torture;
mod verdict;

mod acc;
mod cac;
mod cap;
mod dlg;
mod idn;
mod imp;
mod med;
mod msec;
mod net;
mod pol;
mod prf;
mod prv;
mod sdp;
mod sig;
mod sip;
mod txn;

pub use crate::metrics::Excursion;
pub use addresses::Addresses;
pub use catalogue::{KNOWN, all, find};
pub use certified::{Behind, Certified, ClientShown};
pub use connection::{CertificateSubject, ConnectionSubject, Failure, KnockSubject, ReachSubject, certificate_text, suite_text, trace};
pub use kind::Kind;
pub use legs_subject::{LegSaid, LegsSubject};
pub use med::listens_for_tones;
pub use media_subject::{HandshakeSubject, MediaSubject, QualitySubject, StreamSubject};
pub(crate) use numbers::Number;
pub use page::{Catalogue, Page};
pub use passports::Passports;
pub use ping::{Echo, PingSubject, Watch};
pub use repertoire::{Repertoire, RepertoireSubject};
pub use reuse_subject::{BackoffSubject, Before, Once, Recalled, ReuseSubject};
pub use rule::{
    BackoffCheck, CaptureCheck, CertificateCheck, Check, ConnectionCheck, DialogCheck, FlowCheck, HandshakeCheck, IntakeCheck,
    IntervalCheck, KnockCheck, LegsCheck, LimitCheck, LinkCheck, MediaCheck, MessageCheck, Offender, OfferAnswerCheck, PingCheck,
    PolicyCheck, QualityCheck, ReachCheck, RepertoireCheck, ReuseCheck, Rule, Scope, SessionCheck, StreamCheck, TransactionCheck,
};
#[cfg(test)]
pub(crate) use sig::handshake;
pub use subject::{
    CaptureSubject, DialogSubject, FlowSubject, IntakeSubject, IntervalSubject, LimitSubject, LinkSubject, ListedUse, Losses,
    MessageSubject, Observed, OfferAnswerSubject, PairTraffic, PolicySubject, Reversed, SessionSubject, TrafficClass, TransactionSubject,
    WaiverUse,
};
pub use verdict::{Breach, Reason, Verdict};
