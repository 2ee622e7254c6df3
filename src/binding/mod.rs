//! Takes what calls said of their media and the streams that passed, gives which stream belongs to which line of which call, never a verdict.

mod bandwidth;
mod bound;
mod call_media;
mod index;
#[cfg(test)]
pub(crate) mod made;
mod media_calls;
mod named;
mod pairs;
mod said;
mod table;
#[cfg(test)]
mod tests;

pub use bandwidth::Announcement;
pub use bound::{Bound, Fit, Sent, Shaken};
pub use call_media::{Accord, CallMedia, codec_name};
pub use media_calls::{END, Event, LINGER, MediaCalls};
pub use named::{Named, Use};
pub use pairs::{Known, Pairs};
pub use said::{Hop, Said, Side, SideTag, callee_tag};
pub use table::{Settled, Table, Tied, TiedBeside, Unseen};
