//! Takes telephone-event packets of one stream in order, gives the events with their faults, never the audio beside them.

use crate::base::{Origin, Time, seconds};
use crate::rtp::TelephoneEvent;

/// Events that are kept.
const KEPT: usize = 64;

/// The telephone events of a stream (RFC 4733).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digits {
    /// Packets of events.
    pub packets: u64,
    /// How many events there were.
    pub count: u64,
    /// How long they lasted together, in ticks.
    pub ticks: u64,
    /// The first of them.
    pub events: Vec<Event>,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Events of which no packet with the E bit came, though the packet after them did.
    pub unended: u64,
    /// Packets whose duration was less than that of one before them in the same event.
    pub shrinking: u64,
    /// Packets that go on with an event under another time stamp than it began with (RFC 4733 §2.5.1.2).
    pub drifting: u64,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The event code: 0–9, then * # A B C D, then 16 for a flash.
    pub code: u8,
    /// The frame of its first packet.
    pub origin: Origin,
    /// When that passed.
    pub at: Time,
    /// How long it lasted, in ticks: the longest duration that it named, in segments all of them together.
    pub duration: u32,
    /// Its packets.
    pub packets: u32,
    /// Its packets with the E bit: three, where the sender follows RFC 4733 §2.5.1.4.
    pub ends: u32,
}

impl Event {
    /// The key of a telephone, for the codes that have one (RFC 4733 §3.2).
    #[must_use]
    pub fn key(&self) -> Option<char> {
        b"0123456789*#ABCD".get(usize::from(self.code)).map(|&key| char::from(key))
    }
}

/// The events of a stream, as far as they go.
#[derive(Clone, Debug, Default)]
pub(super) struct Dialling {
    digits: Digits,
    open: Option<Open>,
}

/// An event that may go on.
#[derive(Clone, Copy, Debug)]
struct Open {
    event: Event,
    /// The time stamp of its segment, and how long those before lasted.
    stamp: u32,
    before: u32,
    /// When its latest packet passed.
    at: Time,
    /// Whether the packet that the sender numbered next was none of it: where that never came, it may have had the E bit.
    left: bool,
}

/// The longest duration that a packet can name: then an event goes on in segments, each with the time stamp where it begins (RFC 4733 §2.5.1.3).
const SEGMENT: u32 = 0xffff;

/// Media without an event for longer is no media beside one that goes on: a sender tells of that every 50 ms (RFC 4733 §2.5.1.2).
const SILENT: i64 = seconds(1);

impl Dialling {
    /// Takes a packet, which the sender numbered by so many after the one before; `None`: it is late.
    pub(super) fn on(&mut self, event: TelephoneEvent, timestamp: u32, marker: bool, by: Option<u16>, origin: Origin, at: Time) {
        self.digits.packets += 1;
        let (duration, late) = (u32::from(event.duration), by.is_none());
        if let Some(open) = self.open.as_mut().filter(|open| open.event.code == event.code) {
            let ahead = timestamp.wrapping_sub(open.stamp);
            // Where packets are missing, another time stamp is another event, whose beginning and whose end before may be among them.
            let goes_on = !marker && open.event.ends == 0 && (by == Some(1) || (SEGMENT..2 * SEGMENT).contains(&ahead));
            if ahead == 0 || goes_on {
                if ahead != 0 && !late {
                    if (SEGMENT..2 * SEGMENT).contains(&ahead) {
                        open.before = open.before.saturating_add(ahead);
                    } else {
                        self.digits.drifting += 1;
                    }
                    open.stamp = timestamp;
                } else if !late && duration < open.event.duration.saturating_sub(open.before) {
                    self.digits.shrinking += 1;
                }
                if open.stamp == timestamp {
                    open.event.duration = open.event.duration.max(open.before.saturating_add(duration));
                }
                open.event.packets += 1;
                open.event.ends += u32::from(event.end);
                (open.at, open.left) = (at, false);
                return;
            }
        }
        if late {
            return;
        }
        self.leave(by);
        self.close();
        let event = Event { code: event.code, origin, at, duration, packets: 1, ends: event.end.into() };
        self.open = Some(Open { event, stamp: timestamp, before: 0, at, left: false });
    }

    /// Takes that a packet of something else came, numbered by so many after the one before.
    pub(super) fn leave(&mut self, by: Option<u16>) {
        if let Some(open) = &mut self.open {
            open.left |= by == Some(1);
        }
    }

    /// Takes a packet that came before.
    pub(super) fn again(&mut self) {
        self.digits.packets += 1;
        self.digits.duplicates += 1;
    }

    fn close(&mut self) {
        let Some(Open { event, left, .. }) = self.open.take() else { return };
        self.digits.count += 1;
        self.digits.ticks += u64::from(event.duration);
        self.digits.unended += u64::from(event.ends == 0 && left);
        if self.digits.events.len() < KEPT {
            self.digits.events.push(event);
        }
    }

    /// What it came to, in a stream whose last packet passed then.
    pub(super) fn finish(mut self, ended: Time) -> Digits {
        if let Some(open) = &mut self.open {
            // A call or a capture may end while a key is held.
            open.left &= ended.since(open.at) > SILENT;
        }
        self.close();
        self.digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets of (code, time stamp, duration, E bit, marker), one after the other, then something else for as long as it takes.
    fn dial(packets: &[(u8, u32, u16, bool, bool)]) -> Digits {
        let mut dialling = Dialling::default();
        for &packet in packets {
            press(&mut dialling, packet, Some(1));
        }
        dialling.leave(Some(1));
        dialling.finish(Time(seconds(2)))
    }

    fn press(dialling: &mut Dialling, (code, timestamp, duration, end, marker): (u8, u32, u16, bool, bool), by: Option<u16>) {
        let event = TelephoneEvent { code, end, volume: 10, duration };
        dialling.on(event, timestamp, marker, by, Origin::default(), Time(0));
    }

    /// After RFC 4733 §5: the digits 9 and 1, each ended by three packets.
    #[test]
    fn keys_with_three_ends_each_are_whole() {
        let digits = dial(&[
            (9, 0, 400, false, true),
            (9, 0, 800, false, false),
            (9, 0, 1600, true, false),
            (9, 0, 1600, true, false),
            (9, 0, 1600, true, false),
            (1, 4000, 400, false, true),
            (1, 4000, 880, true, false),
        ]);
        let keys: Vec<_> = digits.events.iter().map(|e| (e.key().unwrap(), e.duration, e.ends)).collect();
        assert_eq!(keys, [('9', 1600, 3), ('1', 880, 1)]);
        assert_eq!((digits.packets, digits.count, digits.ticks), (7, 2, 2480));
        assert_eq!((digits.unended, digits.shrinking, digits.drifting), (0, 0, 0));
    }

    #[test]
    fn the_same_key_twice_is_two_events() {
        assert_eq!(dial(&[(5, 0, 800, true, true), (5, 1600, 160, false, true), (5, 1600, 800, true, false)]).count, 2);
    }

    #[test]
    fn faults_are_counted() {
        let digits = dial(&[(1, 0, 160, false, true), (1, 160, 320, false, false), (1, 160, 160, false, false), (2, 900, 80, false, true)]);
        assert_eq!((digits.count, digits.unended, digits.drifting, digits.shrinking), (2, 2, 1, 1));
    }

    /// RFC 4733 §2.5.1.3: the second segment has the time stamp where the first ended, and its own duration.
    #[test]
    fn a_key_held_for_ten_seconds_is_one_event() {
        let digits = dial(&[
            (1, 0, 400, false, true),
            (1, 0, 0xffff, false, false),
            (1, 0xffff, 400, false, false),
            (1, 0xffff, 14_465, true, false),
        ]);
        assert_eq!((digits.count, digits.ticks, digits.drifting, digits.shrinking), (1, 80_000, 0, 0));
    }

    #[test]
    fn what_was_lost_may_have_ended_an_event_and_begun_another() {
        let mut dialling = Dialling::default();
        press(&mut dialling, (1, 0, 400, false, true), Some(1));
        // Three packets with the E bit and the first of the next are missing.
        press(&mut dialling, (1, 4000, 400, false, false), Some(5));
        press(&mut dialling, (1, 4000, 800, true, false), Some(1));
        press(&mut dialling, (2, 8000, 400, false, true), Some(1));
        dialling.leave(Some(4));
        let digits = dialling.finish(Time(seconds(2)));
        assert_eq!((digits.count, digits.unended, digits.drifting), (3, 0, 0));
    }

    #[test]
    fn a_call_may_end_while_a_key_is_held() {
        let held = |after: i64| {
            let mut dialling = Dialling::default();
            press(&mut dialling, (1, 0, 400, false, true), Some(1));
            // Audio beside the event.
            dialling.leave(Some(1));
            dialling.finish(Time(after)).unended
        };
        assert_eq!((held(seconds(1) / 50), held(seconds(2))), (0, 1));
    }
}
