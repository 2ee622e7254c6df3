//! Takes a clause of the policy and one subject, gives a verdict, never remembers one.

mod addresses;
mod catalogue;
mod distinct;
mod kind;
mod media_subject;
#[cfg(test)]
mod negotiation;
mod page;
#[cfg(test)]
mod passage;
mod quote;
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
pub use kind::Kind;
pub use media_subject::{HandshakeSubject, MediaSubject, QualitySubject, StreamSubject};
pub use page::{Catalogue, Page};
pub use rule::{
    CaptureCheck, Check, DialogCheck, HandshakeCheck, IntervalCheck, LimitCheck, MediaCheck, MessageCheck, Offender, OfferAnswerCheck,
    PolicyCheck, QualityCheck, Rule, Scope, SessionCheck, StreamCheck, TransactionCheck,
};
pub use subject::{
    CaptureSubject, DialogSubject, IntervalSubject, LimitSubject, MessageSubject, OfferAnswerSubject, PairTraffic, PolicySubject,
    SessionSubject, TransactionSubject, WaiverUse,
};
pub use verdict::{Breach, Reason, Verdict};
