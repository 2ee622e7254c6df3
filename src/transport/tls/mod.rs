//! Takes the octets of both directions of a TLS connection, gives what a tap can know of it, never more than it saw.

mod attempt;
mod connection;
mod contact;
mod derive;
mod direction;
mod event;
mod handshake;
mod hello;
mod keylog;
mod message;
mod moment;
mod name;
mod octets;
mod outlet;
mod protection;
mod record;
mod registry;
mod resumptions;
mod sealing;
mod session;
mod sight;
mod suite;
mod totals;
mod version;

pub use attempt::{Attempt, Refusal};
pub use connection::{Alert, Chain, EarlyData, Group, KeyExchange, Keys, Outcome, Resumption, Side, TlsConnection};
pub use contact::Contact;
pub use event::TlsEvent;
pub use hello::{ClientHello, ServerHello};
pub use keylog::KeyLog;
pub use moment::Moment;
pub use registry::{suite, suite_named, suites};
pub use resumptions::Resumptions;
pub use sight::Sight;
pub use suite::{Authentication, Cipher, Class, Hash, KeyExchangeAlgorithm, Mac, Mode, Suite};
pub use totals::TlsTotals;
pub use version::TlsVersion;

pub(super) use outlet::{Ending, Outlet};
pub(super) use record::{HEADER, Head, begins_connection, begins_like_records, begins_overlong, head, is_application_data, may_begin};
pub(super) use session::Session;
