//! Takes the octets of both directions of a TLS connection, gives what a tap can know of it, never more than it saw.

mod attempt;
mod connection;
mod contact;
mod hello;
mod moment;
mod sight;
mod version;

pub use attempt::{Attempt, Refusal};
pub use connection::{Alert, Chain, EarlyData, Group, KeyExchange, Keys, Outcome, Resumption, Side, TlsConnection};
pub use contact::Contact;
pub use hello::{ClientHello, ServerHello};
pub use moment::Moment;
pub use sight::Sight;
pub use version::TlsVersion;
