//! Policies as people write them, and what must become of them.

mod example;
mod layers;
mod mistakes;
mod schema;
mod tools;
mod trust;

use std::path::Path;

use super::{Policy, Style};
use crate::base::Error;

/// Ids that the policies here name; what exists is the catalogue's business.
const KNOWN: &[&str] = &[
    "SDP-OA-005",
    "SIG-CERT-005",
    "PRV-TOPO-003",
    "MSEC-KEYMGMT-001",
    "MSEC-SRTP-003",
    "SIG-TRANSPORT-001",
    "NET-SBE-003",
    "PRF-SER-001",
    "SIP-METHOD-001",
];

const EXAMPLE: &str = include_str!("example.toml");

fn parse(text: &str) -> Result<Policy, String> {
    Policy::parse(Path::new("dir/policy.toml"), text, KNOWN, Style::Plain).map_err(|error| match error {
        Error::Policy { report } => report,
        other => panic!("{other}"),
    })
}

fn load(text: &str) -> Policy {
    parse(text).unwrap_or_else(|report| panic!("{report}"))
}
