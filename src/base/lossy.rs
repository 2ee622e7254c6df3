//! Takes octets of the wire, gives them as text, never hides that some of them were none.

use std::borrow::Cow;

/// Octets as text, those that are no UTF-8 replaced.
#[must_use]
pub fn lossy(octets: &[u8]) -> Cow<'_, str> {
    // Nearly all are: the lossy reading is slow.
    std::str::from_utf8(octets).map_or_else(|_| String::from_utf8_lossy(octets), Cow::Borrowed)
}
