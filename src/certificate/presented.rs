//! Takes the certificates that one side of a connection showed, gives them read, never a verdict on the chain.

use super::{Anchors, Certificate, Trust};
use crate::base::Time;

/// More certificates than this are no chain (RFC 5246 §7.4.2 sets no limit; real ones have up to five).
const MOST: usize = 32;

/// The certificates that one side showed, leaf first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presented {
    /// What cannot be read is `None`.
    certificates: Vec<Option<Certificate>>,
}

impl Presented {
    /// Reads them.
    #[must_use]
    pub fn read(chain: &[Box<[u8]>]) -> Self {
        Self { certificates: chain.iter().take(MOST).map(|der| Certificate::read(der)).collect() }
    }

    /// Those of a file, in its order.
    #[must_use]
    pub fn of(file: &Anchors) -> Self {
        Self { certificates: file.iter().take(MOST).cloned().map(Some).collect() }
    }

    /// Whether none was shown at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// Whether one of them cannot be read.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.certificates.iter().any(Option::is_none)
    }

    /// The certificate of the side itself; `None` where none was shown, or it cannot be read.
    #[must_use]
    pub fn leaf(&self) -> Option<&Certificate> {
        self.certificates.first()?.as_ref()
    }

    /// Those behind the leaf that can be read, with their place.
    pub(super) fn others(&self) -> impl Iterator<Item = (usize, &Certificate)> {
        self.certificates.iter().enumerate().skip(1).filter_map(|(at, certificate)| Some((at, certificate.as_ref()?)))
    }

    /// The one at a place.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&Certificate> {
        self.certificates.get(at)?.as_ref()
    }

    /// The places of the leaf and of the authorities that it hangs on: of the way that was found, else by name. A root that signed
    /// itself is left out: nobody asks it who it is.
    #[must_use]
    pub fn line(&self, trust: Option<&Trust>) -> Vec<usize> {
        match trust {
            Some(Trust::Agreed(way)) => way.clone(),
            _ => self.by_name(),
        }
    }

    /// The first of these that does not hold at a time.
    #[must_use]
    pub fn lapsed(&self, line: &[usize], at: Time) -> Option<usize> {
        line.iter().copied().find(|&place| self.get(place).is_some_and(|certificate| !certificate.holds_at(at)))
    }

    /// The leaf and those above it that follow by name, one for each issuer, as far as that goes.
    fn by_name(&self) -> Vec<usize> {
        let mut line: Vec<usize> = self.leaf().map(|_| 0).into_iter().collect();
        while let Some(last) = line.last().and_then(|&at| self.get(at)).filter(|c| !c.self_issued) {
            let issuers = self.others().filter(|(at, c)| !c.self_issued && c.subject == last.issuer && !line.contains(at));
            let Some((next, _)) = issuers.max_by_key(|(at, c)| (c.not_after, std::cmp::Reverse(*at))) else { break };
            line.push(next);
        }
        line
    }
}
