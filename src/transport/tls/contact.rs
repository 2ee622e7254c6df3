//! Takes what came of TLS connections and of attempts at them, gives both in one order, never depends on when they were given.

use super::{Attempt, Moment, Outcome, Refusal, TlsConnection};
use crate::base::{Endpoint, Origin, Time};

/// One host approached another, and it is decided what came of it: what rules about connections judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    /// A TLS connection came about, or at least its first octets.
    Tls(Box<TlsConnection>),
    /// Not even a TCP connection.
    Attempt(Attempt),
}

impl Contact {
    /// Who approached.
    #[must_use]
    pub fn client(&self) -> Endpoint {
        match self {
            Self::Tls(tls) => tls.client,
            Self::Attempt(attempt) => attempt.client,
        }
    }

    /// Who was approached.
    #[must_use]
    pub fn server(&self) -> Endpoint {
        match self {
            Self::Tls(tls) => tls.server,
            Self::Attempt(attempt) => attempt.server,
        }
    }

    /// Its first frame: names it in evidence.
    #[must_use]
    pub fn begun(&self) -> Moment {
        match self {
            Self::Tls(tls) => tls.begun,
            Self::Attempt(attempt) => attempt.first,
        }
    }

    /// The order in which contacts are decided: by the running clock, those that nothing but time decided behind those that a frame did.
    #[must_use]
    pub fn order(&self) -> (Time, bool, Origin, Origin) {
        let (decided, by_time) = match self {
            Self::Tls(tls) => match tls.outcome {
                Outcome::Stalled { until, .. } => (Moment { clock: until, ..Moment::default() }, true),
                _ => (tls.decided, false),
            },
            Self::Attempt(attempt) => match attempt.refusal {
                Refusal::Reset(at) => (at, false),
                Refusal::Silence(until) => (Moment { clock: until, ..Moment::default() }, true),
            },
        };
        (decided.clock, by_time, decided.origin, self.begun().origin)
    }
}
