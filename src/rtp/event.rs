//! Takes the first octets of a payload, gives the telephone event in them, never whether SDP called it one.

/// The payload of a telephone event (RFC 4733 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// The event code.
    pub code: u8,
    /// The E bit: the event is over.
    pub end: bool,
    /// The level of the tone, in dBm0 below zero.
    pub volume: u8,
    /// How long it has lasted, in ticks.
    pub duration: u16,
}

impl TelephoneEvent {
    /// The octets of one event.
    pub const LENGTH: u16 = 4;

    /// Reads the four octets of an event.
    #[must_use]
    pub const fn read([code, flags, a, b]: [u8; 4]) -> Self {
        Self { code, end: flags & 0x80 != 0, volume: flags & 0x3f, duration: u16::from_be_bytes([a, b]) }
    }

    /// The same, if nothing speaks against an event: a code of telephones or fax, the reserved bit 0 (RFC 4733 §2.3.3, §3.2; RFC 4734).
    #[must_use]
    pub const fn sniff(octets: [u8; 4]) -> Option<Self> {
        match octets {
            [0..=16 | 32..=63, flags, ..] if flags & 0x40 == 0 => Some(Self::read(octets)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digit 9 of the example of RFC 4733 §5, as it is sent the third time: volume 7, duration 1600, E set.
    #[test]
    fn the_example_of_rfc_4733() {
        let event = TelephoneEvent { code: 9, end: true, volume: 7, duration: 1600 };
        assert_eq!(TelephoneEvent::sniff([9, 0x87, 0x06, 0x40]), Some(event));
        assert_eq!(TelephoneEvent::sniff([9, 0x47, 0x06, 0x40]), None, "the reserved bit");
        assert_eq!(TelephoneEvent::sniff([0xd5, 0x15, 0x55, 0x54]), None, "silence of G.711");
    }
}
