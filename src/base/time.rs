//! Takes nanoseconds, gives points in time and their RFC 3339 text, never asks the machine what time it is.

use std::fmt;

use jiff::fmt::StdFmtWrite;
use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A capture time: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

/// One second in nanoseconds.
const SECOND: i64 = 1_000_000_000;

/// The nanoseconds in `s` seconds.
#[must_use]
pub const fn seconds(s: i64) -> i64 {
    s * SECOND
}

impl Time {
    /// The earliest time there is; the running maximum of an empty capture.
    pub const MIN: Self = Self(i64::MIN);

    /// Nanoseconds from `earlier` to here, negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This time moved by `nanos`.
    #[must_use]
    pub const fn plus(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// Seconds from `earlier` to here, as a real number.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.since(earlier) as f64 / SECOND as f64
    }

    /// The start of the `width`-nanosecond interval, aligned to the epoch, that holds this time.
    #[must_use]
    pub const fn floor(self, width: i64) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(width)))
    }

    fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// The date and time of day in a time zone, to the millisecond: `2026-11-14 10:14:05.113`.
    #[must_use]
    pub fn in_zone(self, zone: &jiff::tz::TimeZone) -> String {
        self.timestamp().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
    }

    /// The time of day only, to the microsecond: `10:14:05.113203Z`.
    #[must_use]
    pub fn clock(self) -> String {
        self.timestamp().strftime("%H:%M:%S.%6fZ").to_string()
    }
}

/// RFC 3339 in UTC with nine digits of fraction.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(9));
        PRINTER.print_timestamp(&self.timestamp(), StdFmtWrite(f)).map_err(|_| fmt::Error)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Self);
        }
        let timestamp = jiff::Timestamp::deserialize(deserializer)?;
        i64::try_from(timestamp.as_nanosecond()).map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc3339_with_nanoseconds() {
        assert_eq!(Time(1_794_651_245_113_203_007).to_string(), "2026-11-14T10:14:05.113203007Z");
        assert_eq!(Time(1_794_651_245_113_203_007).clock(), "10:14:05.113203Z");
    }

    #[test]
    fn intervals_are_aligned_to_the_epoch_also_before_it() {
        assert_eq!(Time(seconds(901)).floor(seconds(900)), Time(seconds(900)));
        assert_eq!(Time(seconds(-1)).floor(seconds(900)), Time(seconds(-900)));
    }
}
