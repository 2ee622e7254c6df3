//! Takes numbers, gives them as a reader expects them, never a new number.

use crate::base::Time;

/// What stands where a value is undefined.
pub(super) const NONE: &str = "–";

/// An integer with thousands separated: `1,032`.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 call`, `1,032 calls`.
pub(super) fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(n))
}

/// A real number with `digits` after the point; undefined or not finite: a dash.
pub(super) fn real(x: Option<f64>, digits: usize) -> String {
    x.filter(|x| x.is_finite()).map_or_else(|| NONE.into(), |x| format!("{x:.digits$}"))
}

/// A number as short as it can be said: `60`, `2.5`.
pub(super) fn short(x: f64) -> String {
    let text = real(Some(x), 2);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Bytes in a unit that leaves at most four digits.
#[allow(clippy::cast_precision_loss)]
pub(super) fn bytes(n: u64) -> String {
    let mut size = n as f64;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if size < 1000.0 {
            let digits = usize::from(unit != "B" && size < 100.0);
            return format!("{size:.digits$} {unit}");
        }
        size /= 1000.0;
    }
    format!("{size:.1} PB")
}

/// A duration in the two largest units: `1 h 5 min`, `12.5 s`.
pub(super) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return NONE.into();
    }
    if seconds < 60.0 {
        return format!("{} s", short((seconds * 10.0).round() / 10.0));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = seconds.round() as u64;
    let (large, unit, small, part) = match whole {
        86_400.. => (whole / 86_400, if whole < 172_800 { "day" } else { "days" }, whole / 3600 % 24, "h"),
        3600.. => (whole / 3600, "h", whole / 60 % 60, "min"),
        _ => (whole / 60, "min", whole % 60, "s"),
    };
    if small == 0 { format!("{large} {unit}") } else { format!("{large} {unit} {small} {part}") }
}

/// Date and time to the second: `2026-11-14 10:14:05Z`.
pub(super) fn moment(time: Time) -> String {
    let text = time.to_string();
    format!("{}Z", text.get(..19).unwrap_or(&text).replace('T', " "))
}

/// A span of time: the second date only where it differs.
pub(super) fn period(first: Time, last: Time) -> String {
    let (start, end) = (moment(first), moment(last));
    match (start.split_once(' '), end.split_once(' ')) {
        _ if start == end => start,
        (Some((a, _)), Some((b, clock))) if a == b => format!("{start} to {clock}"),
        _ => format!("{start} to {end}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(real(Some(98.4251), 1), "98.4");
        assert_eq!(real(None, 1), NONE);
        assert_eq!(real(Some(f64::NAN), 1), NONE);
        assert_eq!([60.0, 2.5, 0.25].map(short), ["60", "2.5", "0.25"]);
        assert_eq!([17, 1000, 12_345_678, 999_000_000].map(bytes), ["17 B", "1.0 kB", "12.3 MB", "999 MB"]);
        let durations = [0.0, 12.52, 60.0, 75.0, 3900.0, 90_000.0, 172_800.0];
        assert_eq!(durations.map(duration), ["0 s", "12.5 s", "1 min", "1 min 15 s", "1 h 5 min", "1 day 1 h", "2 days"]);
    }

    #[test]
    fn a_period_names_the_day_once() {
        let at = Time(1_794_651_245_113_203_007);
        assert_eq!(period(at, at.plus(60_000_000_000)), "2026-11-14 10:14:05Z to 10:15:05Z");
        assert_eq!(period(at, at.plus(86_400_000_000_000)), "2026-11-14 10:14:05Z to 2026-11-15 10:14:05Z");
    }
}
