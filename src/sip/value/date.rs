//! Takes the value of Date, gives the second it names, never another zone than GMT (RFC 3261 §20.17).

use crate::base::{Time, seconds};

const MONTHS: [&[u8; 3]; 12] = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
const DAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

/// Takes `Sat, 13 Nov 2010 23:29:00 GMT`; `None` where it is written in any other way or names no day there is.
#[must_use]
pub fn date(value: &[u8]) -> Option<Time> {
    let mut words = value.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty());
    let weekday = words.next()?.strip_suffix(b",")?;
    let day = fixed(words.next()?, 2)?;
    let month_name = words.next()?;
    let year = fixed(words.next()?, 4)?;
    let mut clock = words.next()?.split(|&b| b == b':');
    let (hour, minute, second) = (fixed(clock.next()?, 2)?, fixed(clock.next()?, 2)?, fixed(clock.next()?, 2)?);
    let gmt = words.next()?.eq_ignore_ascii_case(b"GMT");
    if !gmt || words.next().is_some() || clock.next().is_some() || !DAYS.iter().any(|d| d.eq_ignore_ascii_case(weekday)) {
        return None;
    }
    let month = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(month_name))? + 1;
    let narrow = |n: usize| i8::try_from(n).ok();
    // A leap second is said to last as long as the one before it.
    let at = jiff::civil::DateTime::new(
        i16::try_from(year).ok()?,
        narrow(month)?,
        narrow(day)?,
        narrow(hour)?,
        narrow(minute)?,
        narrow(second)?.min(59),
        0,
    );
    Some(Time(seconds(at.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())))
}

/// The number of exactly `width` digits.
fn fixed(digits: &[u8], width: usize) -> Option<usize> {
    (digits.len() == width).then_some(())?;
    usize::try_from(super::number(digits)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rfc_1123_dates_in_gmt() {
        assert_eq!(date(b"Fri, 01 Jan 2010 16:00:00 GMT"), Some(Time(seconds(1_262_361_600))));
        assert_eq!(date(b"Sat, 15 Oct 2005 04:44:56 GMT"), Some(Time(seconds(1_129_351_496))));
    }

    #[test]
    fn refuses_other_zones_forms_and_days() {
        for text in [
            "",
            "Fri, 01 Jan 2010 16:00:00 EST",
            "Fri, 31 Feb 2010 16:00:00 GMT",
            "Friday, 01-Jan-10 16:00:00 GMT",
            "Fri, 01 Jan 2010 16:00 GMT",
        ] {
            assert_eq!(date(text.as_bytes()), None, "{text}");
        }
    }
}
