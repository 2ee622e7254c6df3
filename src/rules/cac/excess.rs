//! Takes the excursions of a load beyond its limit, gives a breach for each, never a limit of its own.

use crate::call::Trace;
use crate::policy::LimitKind;
use crate::rules::{Breach, Excursion, LimitSubject, Reason, Verdict};

/// The verdict on a limit: a breach for each excursion, with the INVITE that began it as evidence.
pub(super) fn judge(subject: &LimitSubject<'_>) -> Verdict {
    let value = subject.limit.value.value;
    let window = subject.limit.window_s.unwrap_or(1.0);
    let what = match subject.limit.kind {
        LimitKind::Transactions => "transactions",
        LimitKind::Messages => "messages",
        LimitKind::ActiveUsers => "users",
        _ => "attempts",
    };
    let (counted, burst) = match (subject.limit.kind, subject.limit.burst) {
        (LimitKind::Concurrent, _) => ("sessions at once".to_owned(), String::new()),
        (LimitKind::BandwidthKbps, _) => ("kbit/s of media".to_owned(), String::new()),
        (LimitKind::ActiveUsers, _) | (_, None) => (format!("{what} in {window} s"), String::new()),
        (_, Some(burst)) => (format!("{what} in {window} s"), format!(", bursts of {burst}")),
    };
    let breach = |excursion: &Excursion| {
        let observed = format!("more than {value} {counted}{burst}");
        let breach = Breach::of_clause(&subject.limit.value, observed, format!("at most {value} {counted}{burst}"));
        breach.seen_in(&exhibit(subject, excursion)).of_call(&excursion.call_id)
    };
    if subject.excursions.is_empty() && is_open(subject) {
        return Verdict::Indeterminate(Reason::Boundary);
    }
    Verdict::of(subject.excursions.iter().map(breach).collect())
}

/// Whether what was there before the capture may have counted too: sessions that began earlier, or all of a window that is longer than it.
pub(super) fn is_open(subject: &LimitSubject<'_>) -> bool {
    match subject.limit.kind {
        LimitKind::Concurrent => subject.is_older,
        LimitKind::BandwidthKbps | LimitKind::SessionSeconds => false,
        // A bucket begins full (`standards.md` §8.6).
        LimitKind::Attempts | LimitKind::Transactions | LimitKind::Messages | LimitKind::ActiveUsers => {
            let window = subject.limit.window_s.unwrap_or(1.0);
            subject.limit.burst.is_none() && window * 1e9 > subject.seen as f64
        }
    }
}

/// The INVITE or the stream, its line led by what the excursion came to.
fn exhibit(subject: &LimitSubject<'_>, excursion: &Excursion) -> Trace {
    let value = subject.limit.value.value;
    let Excursion { start, end, peak, beyond, evidence, .. } = excursion;
    let lasted = end.seconds_since(*start);
    // Bits have no number of their own.
    let beyond = if subject.limit.kind == LimitKind::BandwidthKbps { String::new() } else { format!(", {beyond} beyond") };
    let line = format!("peak {peak} of {value} for {lasted:.3} s from {}{beyond}: {}", start.clock(), evidence.text());
    Trace { line: line.as_bytes().into(), ..evidence.clone() }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::base::{Time, seconds};
    use crate::metrics::Blank;
    use crate::policy::{Basis, Limit, LimitScope, Terms};
    use crate::rules::scene::clause;

    /// What a rule says of a limit that was exceeded so often.
    pub(in crate::rules::cac) fn of(
        check: fn(&LimitSubject<'_>) -> Verdict,
        kind: LimitKind,
        scope: LimitScope,
        burst: Option<f64>,
        excursions: usize,
    ) -> Verdict {
        judged(kind, scope, burst, excursions, None, check)
    }

    /// The same of one that could not be held against all.
    pub(in crate::rules::cac) fn subject_of(
        kind: LimitKind,
        scope: LimitScope,
        excursions: usize,
        blank: Option<Blank>,
        check: fn(&LimitSubject<'_>) -> Verdict,
    ) -> Verdict {
        judged(kind, scope, None, excursions, blank, check)
    }

    fn judged(
        kind: LimitKind,
        scope: LimitScope,
        burst: Option<f64>,
        excursions: usize,
        blank: Option<Blank>,
        check: fn(&LimitSubject<'_>) -> Verdict,
    ) -> Verdict {
        let limit = Limit {
            id: "limit".into(),
            kind,
            scope,
            basis: Some(Basis::Confirmed),
            key: None,
            window_s: Some(1.0),
            value: clause(40.0),
            burst,
            warn_at: None,
            enabled: true,
        };
        let evidence = Trace { line: b"INVITE sip:b@bravo.example SIP/2.0".as_slice().into(), ..Trace::default() };
        let excursion = Excursion {
            start: Time(seconds(25)),
            end: Time(seconds(30)),
            peak: 43.0,
            peak_at: Time(seconds(26)),
            beyond: 3,
            evidence,
            call_id: "c".into(),
        };
        let excursions = &vec![excursion; excursions];
        let terms = &Terms::default();
        check(&LimitSubject {
            limit: &limit,
            scope: "alpha → bravo",
            peak: 43.0,
            excursions,
            fates: None,
            blank,
            terms,
            seen: seconds(60),
            is_older: false,
        })
    }

    #[test]
    fn the_exhibit_tells_how_far_and_how_long() {
        let Verdict::Violation(breaches) = of(judge, LimitKind::Concurrent, LimitScope::Direction, None, 1) else { panic!() };
        let line = &breaches[0].exhibit.as_ref().unwrap().text();
        assert_eq!(line, "peak 43 of 40 for 5.000 s from 00:00:25.000000Z, 3 beyond: INVITE sip:b@bravo.example SIP/2.0");
    }
}
