//! Takes SIP messages in order, gives transactions, dialogs, sessions and what happened when, never a verdict.

mod ack;
mod alarms;
mod bargain;
mod calls;
mod happening;
mod live_call;
mod live_chain;
mod live_dialog;
mod live_transaction;
mod marks;
mod onward;
mod orphan;
mod parties;
mod path;
mod phase;
mod place;
mod request;
mod response;
mod roster;
mod session;
mod sights;
mod stage;
mod timer;
mod trace;
mod transaction;
mod turn;

pub use calls::{Calls, Settings};
pub use happening::{Dialog, Expiry, Happening, LoadEvent, LoadKind, OfferAnswer, Over, Report};
pub use parties::{callee, caller};
pub use place::{Place, Repeat, Standing, TagFault};
pub use session::{Bye, ByeEnd, Outcome, Session, SessionEnd};
pub use trace::Trace;
pub use transaction::{AckFault, Cancel, Ending, Fork, Reliable, Reliables, Repeats, Transaction};

#[cfg(test)]
mod edges;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod scenario;
