//! Takes a capture and a frame number, gives the place that every piece of evidence points to, never a path.

use smallvec::SmallVec;

/// The frames that carried octets of something, in any order, maybe with repeats; what one frame carried costs no allocation.
pub type Carriers = SmallVec<[Origin; 1]>;

/// Where something was captured. Origins order as the capture does: by file, then by frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The place of the frame in the merged order of all captures: the order of evidence.
    pub serial: u64,
    /// Index into the list of captures.
    pub capture: u32,
    /// Frame number in that capture, from 1, as packet analysers count.
    pub frame: u32,
}
