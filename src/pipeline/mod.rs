//! Takes captures and a policy, gives the audit, the only place that knows threads.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::audit::Audit;
use crate::base::{Error, Result, Time};

/// What to audit, and how.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files, directories, globs, or `-` for standard input: one capture together.
    pub inputs: Vec<PathBuf>,
    /// The policy; `None` for the built-in baseline and inferred peers.
    pub policy: Option<PathBuf>,
    /// How many threads; `None` for as many as the machine has.
    pub threads: Option<NonZeroUsize>,
    /// Frames before this time are left out.
    pub from: Option<Time>,
    /// Frames from this time on are left out.
    pub to: Option<Time>,
    /// Whether the report wants the SHA-256 of the captures.
    pub hash: bool,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read, as they lie on disk.
    pub bytes: u64,
    /// Bytes to read; `None` where that is not known (standard input).
    pub total: Option<u64>,
    /// Frames read.
    pub frames: u64,
}

/// Audits captures against a policy. `progress` is called now and then, from one thread at a time.
///
/// # Errors
/// When an input or the policy cannot be read or believed.
pub fn audit(request: &Request, progress: &dyn Fn(Progress)) -> Result<Audit> {
    progress(Progress::default());
    let _ = request;
    Err(Error::Usage("audit: not yet".into()))
}
