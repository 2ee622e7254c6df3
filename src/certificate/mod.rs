//! Takes certificates as they were sent, gives what they say and whom they lead to, never asks what time it is now.
//!
//! A witness may not refuse: a certificate is read as far as it can be, and each question about it (who signed it, whom it names, what
//! it is for, how strong it is, when it holds) has an answer of its own. A validator would stop at the first trouble and hide the others.

mod anchors;
mod constraints;
mod extensions;
mod identity;
mod key;
mod name;
mod path;
mod presented;
mod reading;
mod signature;
#[cfg(test)]
pub(crate) mod workshop;

pub use anchors::{Anchors, Unreadable};
pub use extensions::{Usage, UsageTerms};
pub use identity::{Identities, IdentitySource};
pub use key::{Key, SignatureHash};
pub use path::{Fault, Trust};
pub use presented::Presented;
pub use reading::Certificate;
