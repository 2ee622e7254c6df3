#![doc = include_str!("README.md")]
#![forbid(unsafe_code)]

// The order of these lines is the flow of the data: a module uses only those listed above it.
// `tests/architecture.rs` holds this.

pub mod base;

pub mod capture;
pub mod packet;

pub mod transport;

pub mod sip;

pub mod sdp;

pub mod rtp;

pub mod media;

pub mod call;

pub mod certificate;

pub mod stir;

pub mod policy;

pub mod binding;

pub mod metrics;

pub mod rules;

pub mod audit;

pub mod report;

pub mod pipeline;

pub mod excerpt;

pub mod cli;
