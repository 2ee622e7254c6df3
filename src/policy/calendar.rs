//! Takes what was written for a date, gives the date that was probably meant, never one that does not exist.

use jiff::civil::{Date, Time};

/// The moment that a text of the form of a date was to name: the last day of the month where it has no such day, midnight and UTC
/// where it says neither. `None` where it is of another form, or its month or time do not exist.
pub(super) fn existing(text: &str) -> Option<String> {
    let (day, clock) = text.trim().split_at_checked(10)?;
    let [year, month, day] = numbers(day)?;
    let first = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
    let date = Date::new(first.year(), first.month(), i8::try_from(day).ok()?.clamp(1, first.days_in_month())).ok()?;
    let clock = clock.trim_start_matches(['T', 't', ' ']);
    let (clock, offset) = clock.split_at(clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len()));
    let clock = if clock.is_empty() { Time::midnight() } else { clock.parse().ok()? };
    let moment = format!("{date}T{clock}{}", if offset.is_empty() { "Z" } else { offset });
    moment.parse::<jiff::Timestamp>().ok().map(|_| moment)
}

fn numbers(day: &str) -> Option<[u16; 3]> {
    let mut parts = day.split('-').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_does_not_exist_is_the_last_of_its_month() {
        for (written, meant) in [
            ("2026-02-30", Some("2026-02-28T00:00:00Z")),
            ("2024-02-30T12:30:00+01:00", Some("2024-02-29T12:30:00+01:00")),
            ("1900-02-29T00:00:00Z", Some("1900-02-28T00:00:00Z")),
            ("2026-04-31 08:00:00", Some("2026-04-30T08:00:00Z")),
            ("2026-06-00", Some("2026-06-01T00:00:00Z")),
            ("2026-07-01", Some("2026-07-01T00:00:00Z")),
            ("2026-13-01", None),
            ("2026-01-01T25:00:00Z", None),
            ("tomorrow", None),
            ("2026-0é-30", None),
            ("", None),
        ] {
            assert_eq!(existing(written).as_deref(), meant, "{written}");
        }
    }
}
