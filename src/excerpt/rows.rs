//! Takes the rows of an audit, gives those that a finding or a call needs, never holds all of them in memory.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::cut::Target;
use super::quest::Place;
use crate::audit::{CallRow, Exhibit, Records, StreamRow};
use crate::base::{Endpoint, Error, Result, Time};
use crate::report::Sorted;

/// A stream: whose it is, where it went and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StreamSpan {
    pub(super) call_id: Option<String>,
    /// Whether it is of an MSRP session, and went over TCP.
    pub(super) is_session: bool,
    source: String,
    destination: String,
    pub(super) begun: Time,
    pub(super) ended: Time,
    pub(super) capture: u32,
    pub(super) frame: u32,
}

impl StreamSpan {
    fn of(row: &StreamRow) -> Self {
        Self {
            call_id: row.call_id.clone(),
            is_session: row.kind == "MSRP",
            source: row.source.clone(),
            destination: row.destination.clone(),
            begun: row.begun,
            ended: row.ended,
            capture: row.capture,
            frame: row.frame,
        }
    }

    /// Its two ends.
    pub(super) fn ends(&self) -> Option<(Endpoint, Endpoint)> {
        let end = |text: &str| text.parse::<std::net::SocketAddr>().ok().map(|at| Endpoint::new(at.ip(), at.port()));
        Some((end(&self.source)?, end(&self.destination)?))
    }
}

/// Calls that are named where none is found.
const NAMED: usize = 3;

/// The rows of a run that an excerpt may need.
pub(super) struct Rows {
    /// The only call that is wanted, where that is known before the run.
    call_id: Option<String>,
    streams: Sorted<StreamSpan, (Time, u32, u32)>,
    /// The rules that the call breaks.
    pub(super) rules: Vec<String>,
    /// Calls whose Call-ID holds what the user gave, or begins as it does.
    pub(super) like: Vec<String>,
}

impl Rows {
    pub(super) fn of(target: &Target) -> Self {
        let call_id = match target {
            Target::Call(id) => Some(id.clone()),
            Target::Finding(_) => None,
        };
        Self { call_id, streams: Sorted::by(|row: &StreamSpan| (row.begun, row.capture, row.frame)), rules: Vec::new(), like: Vec::new() }
    }

    /// The streams of some calls, and those that an exhibit without a call shows.
    pub(super) fn streams(self, calls: &[String], places: &[Place], exhibits: &[Exhibit]) -> Result<Vec<StreamSpan>> {
        let mut kept = Vec::new();
        let calls: HashSet<&str> = calls.iter().map(String::as_str).collect();
        let shown = |row: &StreamSpan| exhibits.iter().any(|e| e.call_id.is_none() && (row.begun..=row.ended).contains(&e.time));
        self.streams
            .drain(|row| {
                let called = row.call_id.as_ref().is_some_and(|id| calls.contains(id.as_str()));
                if called
                    || places.iter().any(|place| (place.capture, place.frame) == (row.capture, row.frame))
                    || (row.call_id.is_none() && shown(&row))
                {
                    kept.push(row);
                }
                Ok(())
            })
            .map_err(|error| Error::Usage(format!("a temporary file cannot be used: {error}")))?;
        Ok(kept)
    }
}

impl Records for Rows {
    fn wants_calls(&self) -> bool {
        self.call_id.is_some()
    }

    fn stream(&mut self, row: &StreamRow) {
        if self.call_id.is_none() || row.call_id == self.call_id {
            self.streams.push(StreamSpan::of(row));
        }
    }

    fn call(&mut self, row: CallRow) {
        let Some(wanted) = &self.call_id else { return };
        if row.call_id == *wanted {
            self.rules.extend(row.rules.into_iter().map(Into::into));
            self.rules.sort_unstable();
            self.rules.dedup();
        } else if row.call_id.contains(wanted.as_str()) || wanted.contains(&row.call_id) {
            self.like.push(row.call_id);
            // Calls end in no order that means anything: the same few are kept in any.
            self.like.sort_unstable();
            self.like.dedup();
            self.like.truncate(NAMED);
        }
    }
}
