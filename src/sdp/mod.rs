//! Takes bodies, gives session descriptions and the exchanges of offers and answers, never drops a line.

mod address;
mod body;
mod candidate;
mod codec;
mod description;
mod engine;
mod exchange;
mod flaw;
mod interop;
mod keying;
mod media;
#[cfg(test)]
mod oracle;
mod parse;
mod scan;

pub use address::Address;
pub use body::{find, locate, part_types};
pub use candidate::{Candidate, Rtcp};
pub use codec::{Codec, static_codec};
pub use description::{Description, Line};
pub use engine::Engine;
pub use exchange::{Body, Disorder, Exchange, Heard, SdpRole, Slot};
pub use flaw::{SdpFlaw, SdpFlawKind};
pub use interop::Inexpressible;
pub use keying::{Crypto, Fingerprint, base64_octets};
pub use media::{Direction, Media};
