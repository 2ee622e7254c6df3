//! Takes bodies, gives session descriptions and the exchanges of offers and answers, never drops a line.

mod codec;
mod description;
mod exchange;

pub use codec::{Codec, static_codec};
pub use description::{Description, Direction, Line, Media, SdpFlaw, SdpFlawKind};
pub use exchange::{Engine, Exchange, SdpRole, Slot};
