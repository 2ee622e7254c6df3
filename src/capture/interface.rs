//! Takes what a capture says of an interface, gives link type and exact times for its time stamps, never a packet.

use std::borrow::Cow;

use crate::base::Time;

/// A link type as the file header or interface block names it (the LINKTYPE_ registry of tcpdump.org).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// Its name in the registry without `LINKTYPE_`; the number where it is none of those that carry voice or signalling.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self.0 {
            0 => "NULL",
            1 => "ETHERNET",
            6 => "IEEE802_5",
            9 => "PPP",
            10 => "FDDI",
            50 => "PPP_HDLC",
            51 => "PPP_ETHER",
            100 => "ATM_RFC1483",
            101 => "RAW",
            104 => "C_HDLC",
            105 => "IEEE802_11",
            107 => "FRELAY",
            108 => "LOOP",
            113 => "LINUX_SLL",
            127 => "IEEE802_11_RADIOTAP",
            140 => "MTP2",
            141 => "MTP3",
            142 => "SCCP",
            147..=162 => return Cow::Owned(format!("USER{}", self.0 - 147)),
            228 => "IPV4",
            229 => "IPV6",
            239 => "NFLOG",
            248 => "SCTP",
            252 => "WIRESHARK_UPPER_PDU",
            276 => "LINUX_SLL2",
            other => return Cow::Owned(other.to_string()),
        })
    }
}

/// What a record needs to be read: the interface it was captured on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// What the packets begin with.
    pub link: LinkType,
    /// The snapshot length; 0 for none.
    pub snaplen: u32,
    units: u64,
    offset: i64,
    /// Nanoseconds in a unit where that is a whole number, else 0.
    step: i64,
}

const SECOND: i64 = 1_000_000_000;

impl Interface {
    /// An interface whose time stamps count `units` per second (0 is read as 1) and stand `offset` seconds before the epoch.
    #[must_use]
    pub const fn new(link: LinkType, snaplen: u32, units: u64, offset: i64) -> Self {
        let units = if units == 0 { 1 } else { units };
        let step = if SECOND.cast_unsigned().is_multiple_of(units) { SECOND / units.cast_signed() } else { 0 };
        Self { link, snaplen, units, offset, step }
    }

    /// Time stamp units per second.
    #[must_use]
    pub const fn units(&self) -> u64 {
        self.units
    }

    /// Seconds by which its time stamps stand before the epoch.
    #[must_use]
    pub const fn offset(&self) -> i64 {
        self.offset
    }

    /// The `if_tsresol` option that says its units; `None` where no power of ten or two does.
    #[must_use]
    pub fn resolution(&self) -> Option<u8> {
        let exponent = |base: u64| (0..64).find(|&exponent| base.checked_pow(exponent) == Some(self.units));
        exponent(10).or_else(|| exponent(2).map(|exponent| exponent | 0x80)).and_then(|code| u8::try_from(code).ok())
    }

    /// The time stamp of a time, the nearest that it can tell.
    #[must_use]
    pub fn ticks(&self, time: Time) -> u64 {
        let since = i128::from(time.0) - i128::from(self.offset) * i128::from(SECOND);
        u64::try_from(since.max(0) * i128::from(self.units) / i128::from(SECOND)).unwrap_or(u64::MAX)
    }

    /// The time of a pcapng time stamp; what no 64-bit nanosecond count can hold becomes the nearest that can.
    #[inline]
    #[must_use]
    pub fn time(&self, ticks: u64) -> Time {
        let whole = if self.offset == 0 && self.step != 0 { i64::try_from(ticks).ok() } else { None };
        match whole.and_then(|ticks| ticks.checked_mul(self.step)) {
            Some(nanos) => Time(nanos),
            None => self.time_of_any(ticks),
        }
    }

    /// The time of a classic record; a fraction of more than a second counts on, as tcpdump has it.
    #[inline]
    #[must_use]
    pub fn time_of(&self, seconds: u32, fraction: u32) -> Time {
        Time(i64::from(seconds) * SECOND + i64::from(fraction) * self.step)
    }

    #[cold]
    fn time_of_any(&self, ticks: u64) -> Time {
        let (ticks, units) = (i128::from(ticks), i128::from(self.units));
        let nanos = ticks * i128::from(SECOND) / units + i128::from(self.offset) * i128::from(SECOND);
        Time(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }
}

/// The units per second of an `if_tsresol` option: a power of ten, or of two where the highest bit is set; powers beyond 64 bits are the largest there is.
#[must_use]
pub(super) fn units_per_second(if_tsresol: u8) -> u64 {
    let exponent = u32::from(if_tsresol & 0x7f);
    let base = if if_tsresol & 0x80 == 0 { 10_u64 } else { 2 };
    base.checked_pow(exponent).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(if_tsresol: u8, offset: i64, ticks: u64) -> i64 {
        Interface::new(LinkType(1), 0, units_per_second(if_tsresol), offset).time(ticks).0
    }

    #[test]
    fn decimal_resolutions_from_seconds_to_attoseconds() {
        assert_eq!(at(0, 0, 3), 3 * SECOND);
        assert_eq!(at(6, 0, 1_700_000_000_000_001), 1_700_000_000_000_001_000);
        assert_eq!(at(9, 0, 1_700_000_000_000_000_001), 1_700_000_000_000_000_001);
        assert_eq!(at(12, 0, 1_700_000_000_000_000_999), 1_700_000_000_000_000);
        assert_eq!(at(18, 0, 1_500_000_000_000_000_000), 1_500_000_000);
        assert_eq!(at(7, 0, 15), 1_500);
    }

    #[test]
    fn binary_resolutions() {
        assert_eq!(at(0x80 | 1, 0, 3), 1_500_000_000);
        assert_eq!(at(0x80 | 20, 0, (5 << 20) + (1 << 19)), 5_500_000_000);
        assert_eq!(at(0x80 | 32, 0, (1_700_000_000 << 32) + 1), 1_700_000_000 * SECOND);
    }

    #[test]
    fn a_resolution_is_written_as_it_was_read() {
        for code in [0, 3, 6, 9, 18, 0x80 | 10, 0x80 | 20] {
            let interface = Interface::new(LinkType(1), 0, units_per_second(code), 0);
            assert_eq!(interface.resolution(), Some(code));
            let ticks = interface.units() * 7 + 1;
            assert!(interface.ticks(interface.time(ticks)).abs_diff(ticks) <= interface.units() / 1_000_000_000 + 1, "{code}");
        }
        assert_eq!(Interface::new(LinkType(1), 0, 7, 0).resolution(), None);
    }

    #[test]
    fn offsets_are_signed_seconds_and_nothing_overflows() {
        assert_eq!(at(6, -1_000_000_000, 1_700_000_000_000_000), 700_000_000 * SECOND);
        assert_eq!(at(6, i64::MAX, u64::MAX), i64::MAX);
        assert_eq!(at(6, i64::MIN, 0), i64::MIN);
        assert_eq!(at(0, 0, u64::MAX), i64::MAX);
        assert_eq!(at(0x7f, 0, 1_000), 0);
    }
}
