//! Takes bodies, gives session descriptions and the exchanges of offers and answers, never drops a line.

mod address;
mod body;
mod codec;
mod description;
mod engine;
mod exchange;
mod flaw;
mod media;
mod parse;
mod scan;

pub use address::Address;
pub use body::{find, locate};
pub use codec::{Codec, static_codec};
pub use description::{Description, Line};
pub use engine::Engine;
pub use exchange::{Exchange, SdpRole, Slot};
pub use flaw::{SdpFlaw, SdpFlawKind};
pub use media::{Direction, Media};
