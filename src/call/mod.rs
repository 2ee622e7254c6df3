//! Takes SIP messages in order, gives transactions, dialogs, sessions and what happened when, never a verdict.

mod calls;
mod happening;
mod place;
mod session;
mod trace;
mod transaction;

pub use calls::{Calls, Settings};
pub use happening::{Dialog, Expiry, Happening, LoadEvent, LoadKind, OfferAnswer, Over};
pub use place::{Place, Repeat, Standing, TagFault};
pub use session::{Bye, ByeEnd, Outcome, Session};
pub use trace::Trace;
pub use transaction::{AckFault, Ending, Transaction};
