//! Takes the audit, gives text, JSON and HTML, never a number of its own.

pub mod agreement;
pub mod catalogue;
pub mod chart;
pub mod comparison;
pub mod csv;
mod digest;
mod directory;
mod escape;
mod figures;
pub mod html;
pub mod json;
#[cfg(test)]
mod sample;
mod streams;
pub mod text;

pub use directory::{check_dir, write_capacity, write_dir};
pub use escape::visible;
pub use streams::StreamFile;
