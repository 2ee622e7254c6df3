//! Takes the REGISTER transactions of one call as they end, gives registrations with their delay, never a binding (RFC 6076 §4.1, §4.2).

use crate::base::Time;
use crate::call::{Ending, Transaction};

/// How a registration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationEnd {
    /// A 2xx came so many nanoseconds after the first octet of the first REGISTER, authentication included.
    Registered(i64),
    /// Refused for another reason than a challenge, or never answered.
    Ineffective,
    /// Challenged, and given up.
    Abandoned,
    /// The capture ends before, or a redirect leads elsewhere.
    Open,
}

/// A registration: a REGISTER with the challenges before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// When its first REGISTER passed.
    pub begun: Time,
    /// How many REGISTER transactions it took.
    pub transactions: u64,
    /// How it ended.
    pub end: RegistrationEnd,
}

/// A registration that may go on: it was challenged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Challenged(Option<(Time, u64)>);

impl Challenged {
    /// Takes the next REGISTER transaction; gives the registration that it ends.
    pub fn on(&mut self, transaction: &Transaction) -> Option<Registration> {
        let (begun, before) = self.0.take().unwrap_or((transaction.request.first, 0));
        let end = match &transaction.ending {
            Ending::Final { code: 401 | 402 | 407, .. } => {
                self.0 = Some((begun, before + 1));
                return None;
            }
            Ending::Final { code: 200..=299, response } => RegistrationEnd::Registered(response.last.since(begun)),
            Ending::Final { code: 300..=399, .. } | Ending::Open => RegistrationEnd::Open,
            Ending::Final { .. } | Ending::TimedOut(_) | Ending::TimerC(_) => RegistrationEnd::Ineffective,
        };
        Some(Registration { begun, transactions: before + 1, end })
    }

    /// The call is over: a challenge that nobody met.
    #[must_use]
    pub fn give_up(self) -> Option<Registration> {
        self.0.map(|(begun, transactions)| Registration { begun, transactions, end: RegistrationEnd::Abandoned })
    }
}
