//! Takes captures and the name of a finding or a call, gives its packets as a pcapng file, never judges them again.
//!
//! The captures are read three times: for the audit, which says what is meant; for the frames that carry it (`trace`); and to write
//! them (`scissors`). Where names are replaced (`disguise`), once more before that: a message may be spread over packets;
//! where every call of a finding is wanted, once more behind the audit, which says what the finding is.

mod cut;
mod disguise;
mod labels;
mod mask;
mod pcapng;
mod quest;
mod rows;
mod scissors;
mod secrets;
mod strand;
mod trace;
mod wanted;

pub use cut::{Order, Summary, Target, extract};
pub use disguise::Key;
