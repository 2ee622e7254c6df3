//! Takes Identity headers and the certificates behind them, gives what they claim and who signed that, never a verdict (RFC 8224, 8225, 8226, 8588, 8946).

mod authority;
mod base64url;
mod constraints;
mod der;
mod library;
mod passport;
mod person;

pub use authority::Authorized;
pub use base64url::base64url;
pub use constraints::{Claimed, Constraints};
pub use library::{Held, Library, Unusable};
#[cfg(test)]
pub(crate) use passport::example;
pub use passport::{Attest, Fault, Form, Passport};
pub use person::Person;
