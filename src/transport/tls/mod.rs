//! Takes the octets of both directions of a TLS connection, gives what a tap can know of it, never more than it saw.

mod attempt;
mod connection;
mod contact;
mod hello;
mod moment;
mod registry;
mod sight;
mod suite;
mod version;

pub use attempt::{Attempt, Refusal};
pub use connection::{Alert, Chain, EarlyData, Group, KeyExchange, Keys, Outcome, Resumption, Side, TlsConnection};
pub use contact::Contact;
pub use hello::{ClientHello, ServerHello};
pub use moment::Moment;
pub use registry::{suite, suite_named, suites};
pub use sight::Sight;
pub use suite::{Authentication, Cipher, Class, Hash, KeyExchangeAlgorithm, Mac, Mode, Suite};
pub use version::TlsVersion;
