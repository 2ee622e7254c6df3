//! Takes the text of a header value, gives its parts borrowed from it, never fails on what it does not need.

mod list;
mod name_addr;
mod params;
mod uri;
mod via;

pub use list::elements;
pub use name_addr::{NameAddr, name_addr};
pub use params::Params;
pub use uri::{Scheme, Uri, uri};
pub use via::{Via, via};
