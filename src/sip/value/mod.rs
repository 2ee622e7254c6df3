//! Takes the text of a header value, gives its parts borrowed from it, never fails on what it does not need.

mod cseq;
mod date;
mod escaped;
mod host;
mod list;
mod media_type;
mod name_addr;
mod number;
mod params;
mod reason;
mod session_expires;
mod telephone;
mod uri;
mod via;

pub use cseq::{RAck, cseq, rack};
pub use date::date;
pub use escaped::unescaped;
pub use list::elements;
pub use media_type::{MediaType, media_type};
pub(in crate::sip) use name_addr::only_address;
pub use name_addr::{NameAddr, name_addr};
pub use number::number;
pub use params::Params;
pub use reason::{ReasonValue, reason};
pub use session_expires::{Refresher, SessionExpires, session_expires};
pub use telephone::Telephone;
pub use uri::{Scheme, Uri, uri};
pub use via::{Via, via};
