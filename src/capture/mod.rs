//! Takes paths, gives batches of whole frames in the order they were captured, never looks inside a packet.

mod batch;
mod info;

pub use batch::{Batch, Frame, Frames, Interface, LinkType, Run};
pub use info::{CaptureInfo, Compression, Damage, Format, Secrets};
