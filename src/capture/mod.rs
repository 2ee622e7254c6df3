//! Takes paths, gives batches of whole frames in the order they were captured, never looks inside a packet.

mod batch;
mod byte_order;
mod classic;
mod clocks;
mod cursor;
mod file;
mod info;
mod inputs;
mod interface;
mod pcapng;
mod reader;
mod record;
mod recorded;
mod secrets;
mod section;
mod source;
mod walk;

#[cfg(test)]
mod forge;
#[cfg(test)]
mod tests;

pub use batch::{Batch, Frame, Frames, Run};
pub use byte_order::ByteOrder;
pub use clocks::{ClockStep, ClockSteps};
pub use info::{CaptureInfo, Compression, Damage, Format, Secrets};
pub use interface::{Interface, LinkType};
pub use reader::{Options, Reader, TOLERANCE};
pub use record::Layout;
pub use recorded::Recorded;
pub use secrets::secrets;
