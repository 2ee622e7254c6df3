//! Takes what someone asks of calls, gives whether a row is meant and in which order, never changes one.

use std::str::FromStr;

use crate::audit::CallRow;
use crate::base::Time;

/// An outcome that is asked for: `486`, `5xx`, `answered`, `failed`, `cancelled`, `timeout`, `censored`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This status code.
    Code(u16),
    /// Status codes that begin with this digit.
    Class(u16),
    /// The word of the row.
    Word(&'static str),
}

/// The words for outcomes.
const WORDS: [&str; 5] = ["answered", "failed", "cancelled", "timeout", "censored"];

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.to_ascii_lowercase();
        if let Some(word) = WORDS.into_iter().find(|word| *word == text) {
            return Ok(Self::Word(word));
        }
        let class = text.strip_suffix("xx").and_then(|digit| digit.parse().ok()).filter(|class| (1..=6).contains(class));
        let code = text.parse().ok().filter(|code| (100..=699).contains(code));
        class
            .map(Self::Class)
            .or(code.map(Self::Code))
            .ok_or_else(|| format!("not a code, a class like 5xx, or one of {}", WORDS.join(", ")))
    }
}

/// Which calls are meant: what is left out asks nothing.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Selection {
    /// Any of these.
    pub outcomes: Vec<Wanted>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// Seconds.
    pub min_duration: Option<f64>,
    /// A rule that the call breaks; `*` stands for any rest: `MED-*`.
    pub finding: Option<String>,
    /// Part of the calling or called number or URI.
    pub number: Option<String>,
    pub call_id: Option<String>,
}

impl Selection {
    /// Whether what someone wrote for a rule means this one: `*` stands for any rest.
    #[must_use]
    pub fn names(wanted: &str, rule: &str) -> bool {
        match wanted.strip_suffix('*') {
            Some(lead) => rule.get(..lead.len()).is_some_and(|head| head.eq_ignore_ascii_case(lead)),
            None => rule.eq_ignore_ascii_case(wanted),
        }
    }

    /// Whether a call is meant.
    #[must_use]
    pub fn has(&self, row: &CallRow) -> bool {
        let outcome = |wanted: &Wanted| match wanted {
            Wanted::Code(code) => row.code == Some(*code),
            Wanted::Class(class) => row.code.is_some_and(|code| code / 100 == *class),
            Wanted::Word(word) => row.outcome == *word,
        };
        let broken = |wanted: &String| row.rules.iter().any(|rule| Self::names(wanted, rule));
        let numbered = |number: &String| [&row.caller, &row.callee].into_iter().flatten().any(|party| party.contains(number.as_str()));
        (self.outcomes.is_empty() || self.outcomes.iter().any(outcome))
            && self.from.as_ref().is_none_or(|from| row.from.eq_ignore_ascii_case(from) || row.sender() == **from)
            && self.to.as_ref().is_none_or(|to| row.to.eq_ignore_ascii_case(to) || row.receiver() == **to)
            && self.min_duration.is_none_or(|least| row.duration_s.is_some_and(|length| length >= least))
            && self.finding.as_ref().is_none_or(broken)
            && self.number.as_ref().is_none_or(numbered)
            && self.call_id.as_ref().is_none_or(|id| row.call_id == *id)
    }
}

/// By what calls are put in order; all but time begin with the greatest or worst, and end with what has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Order {
    #[default]
    Time,
    Setup,
    Duration,
    Loss,
    Mos,
    Findings,
}

/// A place in an order, and what tells rows of one place apart.
pub type Place = (u64, Time, u32, u32, String);

impl Order {
    /// The place of a row.
    #[must_use]
    pub fn place(self, row: &CallRow) -> Place {
        // Of reals that are not negative the bits order as the numbers do.
        let bits = |value: f64| value.max(0.0).to_bits();
        let greatest = |value: Option<f64>| value.map_or(u64::MAX, |value| u64::MAX - 1 - bits(value));
        let first = match self {
            Self::Time => 0,
            Self::Setup => greatest(row.setup_s),
            Self::Duration => greatest(row.duration_s),
            Self::Loss => greatest(row.loss_pct),
            Self::Mos => row.mos.map_or(u64::MAX, bits),
            Self::Findings => u64::MAX - row.rules.len() as u64,
        };
        (first, row.begun, row.capture, row.frame, row.call_id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> CallRow {
        CallRow {
            from: "alpha".into(),
            to: "bravo".into(),
            outcome: "failed".into(),
            code: Some(503),
            caller: Some("+4930123".into()),
            duration_s: Some(30.0),
            rules: vec!["MED-RTP-003".into()],
            ..CallRow::default()
        }
    }

    #[test]
    fn every_filter_keeps_and_drops() {
        let yes = |selection: Selection| selection.has(&row());
        let outcome = |text: &str| Selection { outcomes: vec![text.parse().unwrap()], ..Selection::default() };
        assert!(yes(Selection::default()));
        assert!(yes(outcome("5xx")) && yes(outcome("503")) && yes(outcome("Failed")));
        assert!(!yes(outcome("4xx")) && !yes(outcome("500")) && !yes(outcome("answered")));
        assert!("9xx".parse::<Wanted>().is_err() && "busy".parse::<Wanted>().is_err() && "éxx".parse::<Wanted>().is_err());
        let of = |from: &str| Selection { from: Some(from.into()), ..Selection::default() };
        assert!(yes(of("ALPHA")) && !yes(of("bravo")));
        let breaks = |rule: &str| Selection { finding: Some(rule.into()), ..Selection::default() };
        assert!(yes(breaks("med-rtp-003")) && yes(breaks("MED-*")) && !yes(breaks("MED")) && !yes(breaks("SIP-*")));
        let number = |part: &str| Selection { number: Some(part.into()), ..Selection::default() };
        assert!(yes(number("4930")) && !yes(number("4940")));
        let long = |least| Selection { min_duration: Some(least), ..Selection::default() };
        assert!(yes(long(30.0)) && !yes(long(30.1)));
    }

    #[test]
    fn the_worst_come_first_and_what_has_no_value_last() {
        let mos = |mos| CallRow { mos, loss_pct: mos.map(|m: f64| 5.0 - m), ..row() };
        let (bad, good, none) = (mos(Some(1.5)), mos(Some(4.2)), mos(None));
        for order in [Order::Mos, Order::Loss] {
            assert!(order.place(&bad) < order.place(&good) && order.place(&good) < order.place(&none));
        }
    }
}
