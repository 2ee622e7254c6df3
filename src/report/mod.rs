//! Takes the audit and its rows, gives text, JSON, tables and HTML, never a number of its own.

pub mod agreement;
mod aside;
mod calls;
pub mod catalogue;
pub mod chart;
pub mod comparison;
mod digest;
mod directory;
mod draft;
mod escape;
mod figures;
pub mod html;
pub mod json;
pub mod junit;
pub mod ladder;
#[cfg(test)]
mod sample;
pub mod sarif;
mod selection;
mod sorted;
pub mod tables;
pub mod text;

pub(crate) use aside::Aside;
pub use calls::call_json;
pub use directory::{check_dir, write_capacity, write_dir, write_file};
pub use draft::{Draft, draft, has_many_peers};
pub use escape::visible;
pub use selection::{Order, Place, Selection, Wanted};
pub use sorted::Sorted;
pub use text::{CallLines, CallRoom};
