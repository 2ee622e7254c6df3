//! Takes a policy file, gives a line that says what it is, never applies it.

use std::path::Path;

use super::Status;
use super::output::stdout;
use crate::base::Result;
use crate::policy::Policy;
use crate::report::visible;
use crate::rules;

/// Loads the policy and says in one line what it is.
pub(super) fn check(file: &Path) -> Result<Status> {
    let policy = Policy::load(file, rules::KNOWN)?;
    let peers: Vec<&str> = policy.peers.iter().map(|p| p.id.as_str()).collect();
    let line = format!(
        "{}: valid: {}, revision {}, peers {}, {} waivers, fails on {}",
        file.display(),
        policy.id,
        policy.revision,
        if peers.is_empty() { "none".into() } else { peers.join(", ") },
        policy.waivers.len(),
        policy.fail_on.name(),
    );
    stdout(|out| writeln!(out, "{}", visible(&line)))?;
    Ok(Status::Clean)
}
