//! Takes the arguments by which every command reads captures, gives the request that they come to, never what is done with it.

use std::io::{self, IsTerminal as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::base::{Error, Result, Time};
use crate::capture::CaptureInfo;
use crate::pipeline::Request;

/// What is read, and how.
#[derive(Debug, Args)]
pub(super) struct Intake {
    /// Capture files, directories, globs, or `-` for standard input where it is read once; several are one capture
    #[arg(value_name = "CAPTURE", required = true)]
    pub(super) captures: Vec<PathBuf>,
    /// A TLS key log (NSS format), as browsers and servers write it; may be given several times
    #[arg(long = "keylog", value_name = "FILE")]
    pub(super) keylogs: Vec<PathBuf>,
    /// Threads to work with [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(super) threads: Option<NonZeroUsize>,
}

impl Intake {
    /// The request to read all of it by a policy. `hash` asks for the digests of the captures.
    ///
    /// # Errors
    /// When a capture should come from a terminal.
    pub(super) fn request(&self, policy: Option<PathBuf>, hash: bool) -> Result<Request> {
        // Nobody types a capture: without this, a terminal would be read in silence.
        if self.captures.iter().any(|capture| capture == Path::new("-")) && io::stdin().is_terminal() {
            return Err(Error::Usage(
                "standard input is a terminal: pipe a capture into it, as in `tcpdump -w - | speerlint audit -`".into(),
            ));
        }
        Ok(Request {
            inputs: self.captures.clone(),
            policy,
            threads: self.threads,
            keylogs: self.keylogs.clone(),
            hash,
            ..Request::default()
        })
    }
}

/// The time that is looked at.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Period {
    /// Leave out frames before this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Time>,
    /// Leave out frames from this time on (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Time>,
}

impl Period {
    /// The request for this time only.
    ///
    /// # Errors
    /// When it ends before it begins.
    pub(super) fn of(self, request: Request) -> Result<Request> {
        between(request, (self.from, self.to), "--from must be before --to")
    }
}

/// The same for commands in which `--from` and `--to` are parties.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Window {
    /// Leave out frames before this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    after: Option<Time>,
    /// Leave out frames from this time on (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    before: Option<Time>,
}

impl Window {
    /// The request for this time only.
    ///
    /// # Errors
    /// When it ends before it begins.
    pub(super) fn of(self, request: Request) -> Result<Request> {
        between(request, (self.after, self.before), "--after must be before --before")
    }
}

fn between(request: Request, (from, to): (Option<Time>, Option<Time>), mistake: &str) -> Result<Request> {
    match from.zip(to) {
        Some((from, to)) if from >= to => Err(Error::Usage(mistake.into())),
        _ => Ok(Request { from, to, ..request }),
    }
}

fn threads(text: &str) -> std::result::Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "not a number of threads: at least 1".to_owned())
}

fn time(text: &str) -> std::result::Result<Time, String> {
    let timestamp: jiff::Timestamp =
        text.parse().map_err(|_| "not a date, time and zone like 2026-11-14T10:00:00Z or 2026-11-14T11:00:00+01:00".to_owned())?;
    i64::try_from(timestamp.as_nanosecond()).map(Time).map_err(|_| "out of the range of capture times".into())
}

/// Where the time that was asked for leaves out every frame: when the captures were taken.
pub(super) fn left_out(request: &Request, captures: &[CaptureInfo]) -> Option<String> {
    let first = captures.iter().filter_map(|capture| capture.first_time).min()?;
    let last = captures.iter().filter_map(|capture| capture.last_time).max()?;
    let is_outside = request.from.is_some_and(|from| from > last) || request.to.is_some_and(|to| to <= first);
    is_outside.then(|| format!("hint: no frame is of the time that was asked for: the captures run from {first} to {last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc3339() {
        assert_eq!(time("2026-11-14T10:14:05.113203007Z"), Ok(Time(1_794_651_245_113_203_007)));
        assert_eq!(time("2026-11-14T11:14:05+01:00"), Ok(Time(1_794_651_245_000_000_000)));
        assert!(time("yesterday").is_err() && time("9999-01-01T00:00:00Z").is_err());
    }

    #[test]
    fn a_time_outside_of_the_captures_is_told() {
        let captures = [CaptureInfo { first_time: Some(Time(10)), last_time: Some(Time(20)), ..CaptureInfo::default() }];
        let asked = |from: Option<i64>, to: Option<i64>| {
            left_out(&Request { from: from.map(Time), to: to.map(Time), ..Request::default() }, &captures).is_some()
        };
        assert!(asked(Some(21), None) && asked(None, Some(10)) && asked(Some(1), Some(5)));
        assert!(!asked(Some(20), None) && !asked(None, Some(11)) && !asked(None, None));
    }

    #[test]
    fn a_time_that_ends_before_it_begins_is_a_mistake() {
        let period = |from, to| Period { from: Some(Time(from)), to: Some(Time(to)) }.of(Request::default());
        assert!(period(1, 2).is_ok_and(|request| (request.from, request.to) == (Some(Time(1)), Some(Time(2)))));
        assert!(period(2, 2).is_err() && period(3, 2).is_err());
    }
}
