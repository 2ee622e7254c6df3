//! Takes a clause of the policy and one subject, gives a verdict, never remembers one.

mod catalogue;
mod rule;
mod subject;
mod verdict;

pub use catalogue::{KNOWN, all, find};
pub use rule::{Check, Offender, Rule, Scope};
pub use subject::{
    CaptureSubject, DialogSubject, Excursion, IntervalSubject, LimitSubject, MessageSubject, OfferAnswerSubject, PairTraffic,
    PolicySubject, SessionSubject, TransactionSubject, WaiverUse,
};
pub use verdict::{Breach, Reason, Verdict};
