//! Takes traffic that keeps a rule, breaks it and leaves it open, gives a failure where the whole program does not say so, never a rule's own check.
//!
//! What is expected follows from the verdict model of the catalogue (`standards.md` §1.4) and from the RFCs, never from what the program said.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod accounting;
mod admission;
mod cut;
mod edges;
mod hygiene;
mod media;
mod message;
mod messages;
mod negotiation;
mod options;
mod performance;
mod reliable;
mod report;

#[path = "../made/mod.rs"]
mod made;
