//! Takes calls whose media comes in each way that the field knows, gives a failure where the whole program tells it otherwise, never a stage alone.
//!
//! What is expected follows from the RFC that each test names and from what its capture was made of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod agreed;
mod apart;
mod blameless;
mod bound;
mod measured;
mod secured;
mod unseen;
mod wire;

#[path = "../made/mod.rs"]
mod made;
