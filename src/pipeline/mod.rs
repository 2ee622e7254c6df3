//! Takes captures and a policy, gives the audit, never leaves threads to anyone else: no other module knows of them.

mod blind;
mod folds;
mod hearing;
mod joining;
mod keys;
mod map;
mod shards;
mod stages;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::audit::{Audit, Docket, Records};
use crate::base::{Error, Result, Time};
use crate::capture::{Batch, Options, Reader};
use crate::metrics::Dimension;
use crate::policy::{Policy, Style};
use crate::rules;
use keys::Keys;
use stages::Stages;

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
    /// TLS key logs, beside the one that the policy names and those inside the captures.
    pub keylogs: Vec<PathBuf>,
    /// By what the metrics of directions and trunk groups are broken down.
    pub breakdown: Vec<Dimension>,
    /// Whether those of their intervals are, too.
    pub breakdown_intervals: bool,
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

/// Audits captures against a policy. `progress` is called after every window, on the calling thread.
///
/// # Errors
/// When an input or the policy cannot be read or believed.
pub fn audit(request: &Request, progress: &dyn Fn(Progress)) -> Result<Audit> {
    audit_with(request, progress, &mut ())
}

/// The same; `records` gets the rows that it wants as they come.
///
/// # Errors
/// When an input or the policy cannot be read or believed.
pub fn audit_with(request: &Request, progress: &dyn Fn(Progress), records: &mut dyn Records) -> Result<Audit> {
    let policy = match &request.policy {
        Some(path) => Policy::load(path, rules::KNOWN)?.with_files(Style::Plain)?,
        None => Policy::baseline(),
    };
    let mut docket = Docket::new(&policy);
    docket.wish(records);
    docket.break_down(&request.breakdown, request.breakdown_intervals);
    let mut keys = Keys::gather(request, &policy)?;
    let mut reader = Reader::open(&request.inputs, options(request, &policy))?;
    let threads = request.threads.map_or(0, NonZeroUsize::get);
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|e| Error::Usage(format!("cannot start threads: {e}")))?;
    let size = pool.current_num_threads() * BATCHES_PER_THREAD;
    let span = request.from.unwrap_or(Time::MIN)..request.to.unwrap_or(Time(i64::MAX));

    let mut window = read(&mut reader, size)?;
    keys.update(&mut reader);
    let mut stages = Stages::new(&policy, &docket, span, reader.first_time().unwrap_or_default(), records);
    stages.set_keys(keys.log());
    let mut frames = 0;
    while !window.is_empty() {
        let (next, ()) = pool.install(|| rayon::join(|| read(&mut reader, size), || stages.take(&window)));
        frames += window.iter().map(Batch::frame_count).sum::<u64>();
        for batch in std::mem::replace(&mut window, next?) {
            reader.recycle(batch);
        }
        if keys.update(&mut reader) {
            stages.set_keys(keys.log());
        }
        progress(Progress { bytes: reader.bytes_read(), total: reader.total_bytes(), frames });
    }
    Ok(pool.install(|| stages.finish(reader.into_infos())))
}

/// How the captures are read: what the policy calls a step of the clock is looked for on the way.
fn options(request: &Request, policy: &Policy) -> Options {
    let defaults = Options::default();
    #[allow(clippy::cast_possible_truncation)] // what no 64-bit count of nanoseconds can hold becomes the nearest that can
    let agreed = policy.global().capture.clock_step_ms.as_ref().map(|clause| (clause.value * 1e6) as i64);
    Options { hash: request.hash, clock_step: agreed.unwrap_or(defaults.clock_step) }
}

/// How many batches of a window each thread gets: enough to even out, few enough to keep memory small.
const BATCHES_PER_THREAD: usize = 16;

/// Reads the next window; empty at the end.
fn read(reader: &mut Reader, size: usize) -> Result<Vec<Batch>> {
    let mut window = Vec::with_capacity(size);
    while window.len() < size
        && let Some(batch) = reader.next_batch()?
    {
        window.push(batch);
    }
    Ok(window)
}
