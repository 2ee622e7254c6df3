//! Takes time spans in which a limit was exceeded, gives the list of them, never more than a report can show.

use crate::base::Time;
use crate::call::Trace;

/// So many excursions of a scope are told apart; later ones extend the last.
const MOST: usize = 1024;

/// A time span in which a limit was exceeded.
#[derive(Clone, Debug, PartialEq)]
pub struct Excursion {
    /// When it began.
    pub start: Time,
    /// When it ended; the end of the capture where it lasts.
    pub end: Time,
    /// The highest load: sessions at once, attempts in a window, or kbit/s.
    pub peak: f64,
    /// When the peak was first reached.
    pub peak_at: Time,
    /// How many attempts or sessions were beyond the limit.
    pub beyond: u64,
    /// The (limit+1)-th INVITE, or the stream whose rise went beyond.
    pub evidence: Trace,
    /// Its Call-ID.
    pub call_id: Box<str>,
}

/// The excursions of one scope, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Excursions(Vec<Excursion>);

impl Excursions {
    pub(super) fn record(&mut self, excursion: Excursion) {
        if self.0.len() < MOST {
            self.0.push(excursion);
        } else if let Some(last) = self.0.last_mut() {
            last.end = last.end.max(excursion.end);
            last.beyond += excursion.beyond;
            if excursion.peak > last.peak {
                (last.peak, last.peak_at) = (excursion.peak, excursion.peak_at);
            }
        }
    }

    /// Adds those of another scope.
    pub(super) fn absorb(&mut self, other: Self) {
        other.0.into_iter().for_each(|excursion| self.record(excursion));
    }

    pub(super) fn all(&self) -> &[Excursion] {
        &self.0
    }
}
