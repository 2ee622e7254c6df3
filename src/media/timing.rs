//! Takes arrivals and time stamps of one payload clock, gives its jitter and what comes too late, never needs to know its rate at once.

use super::clock::{Clock, ClockSource, nearest, static_rate};
use super::jitter::{Estimator, Jitter};
use crate::base::{Time, seconds};

/// The rates that a dynamic payload type may have: its jitter is kept at all of them until SDP or the stream itself tells.
pub(super) const RATES: [f64; 8] = [8_000.0, 16_000.0, 48_000.0, 90_000.0, 32_000.0, 24_000.0, 44_100.0, 1_000.0];

/// Beyond this, an arrival and its time stamp do not tell of delay: the sender set its time stamps anew.
const BREAK: f64 = 10.0;

/// The same at the start of a talk spurt, which the marker bit tells (RFC 3551 §4.1): a sender may count on or stand still in silence.
const BREAK_AT_MARKER: f64 = 1.0;

/// How long the fastest packet counts as the fastest: clocks drift apart.
const FASTEST: i64 = seconds(30);

/// How long a stream must be to show its rate, and how many packets it must have.
const SHOWS: i64 = seconds(1);
const SHOWN_BY: u64 = 32;

/// How long it must be to say that the rate is not the one that was agreed (MED-RTP-005).
const OBSERVED: i64 = seconds(5);

/// The time stamps of one clock of a stream.
#[derive(Clone, Debug)]
pub(super) struct Timing {
    ticker: Ticker,
    /// Arrival and time stamp of the latest packet.
    previous: Option<(Time, u32)>,
    /// What passed, breaks left out: nanoseconds and ticks.
    elapsed: i64,
    ticks: i64,
    packets: u64,
    breaks: u64,
    lag: Lag,
}

/// What is known of the rate.
#[derive(Clone, Debug)]
enum Ticker {
    /// A static payload type; a tick takes so many milliseconds.
    Fixed { rate: u32, ms: f64, jitter: Estimator<1> },
    /// A dynamic one: every rate is tried; `live` is the one that the stream shows so far.
    Open { jitter: Box<Estimator<8>>, live: Option<usize> },
}

/// How far packets lag behind the fastest, in ticks.
#[derive(Clone, Copy, Debug, Default)]
struct Lag {
    now: f64,
    least: f64,
    /// The least of the time before `until`'s, and where that time ends.
    before: f64,
    until: Option<Time>,
}

impl Lag {
    fn restart(&mut self) {
        *self = Self::default();
    }

    /// Takes a difference of transit, gives how far the packet lags behind the fastest.
    fn on(&mut self, difference: f64, at: Time) -> f64 {
        self.now += difference;
        match self.until {
            Some(until) if at <= until => self.least = self.least.min(self.now),
            until => {
                self.before = if until.is_some() { self.least } else { self.now.min(0.0) };
                self.least = self.now;
                self.until = Some(at.plus(FASTEST));
            }
        }
        self.now - self.least.min(self.before)
    }
}

impl Timing {
    /// The clock of a payload type.
    pub(super) fn new(payload_type: u8) -> Self {
        let ticker = match static_rate(payload_type) {
            Some(rate) => Ticker::Fixed { rate, ms: 1000.0 / f64::from(rate), jitter: Estimator::default() },
            None => Ticker::Open { jitter: Box::default(), live: None },
        };
        Self { ticker, previous: None, elapsed: 0, ticks: 0, packets: 0, breaks: 0, lag: Lag::default() }
    }

    /// Whether packets of a payload type run on this clock, as far as is known: those of static types with one rate share it.
    pub(super) fn is_of(&self, payload_type: u8, own: u8) -> bool {
        match &self.ticker {
            Ticker::Fixed { rate, .. } => static_rate(payload_type) == Some(*rate),
            Ticker::Open { .. } => payload_type == own,
        }
    }

    /// The stream begins anew, or goes on after packets of another clock.
    pub(super) fn restart(&mut self) {
        self.previous = None;
        self.lag.restart();
    }

    /// Takes a packet, in the order of arrival and no duplicate, gives whether it lags behind the fastest by more than so many seconds.
    #[inline]
    pub(super) fn on(&mut self, at: Time, timestamp: u32, marker: bool, buffer: f64) -> bool {
        self.packets += 1;
        let Some((before, stamp)) = self.previous.replace((at, timestamp)) else {
            match &mut self.ticker {
                Ticker::Fixed { jitter, .. } => jitter.first(),
                Ticker::Open { jitter, .. } => jitter.first(),
            }
            return false;
        };
        self.step(at.since(before), timestamp.wrapping_sub(stamp).cast_signed(), at, if marker { BREAK_AT_MARKER } else { BREAK }, buffer)
    }

    /// Takes a packet like [`Self::on`], so long after the one before and so many ticks, with no marker; [`Self::followed`] is to be told of the last.
    #[inline]
    pub(super) fn follow(&mut self, wait: u32, ticks: u32, at: Time, buffer: f64) -> bool {
        self.packets += 1;
        self.step(i64::from(wait), ticks.cast_signed(), at, BREAK, buffer)
    }

    /// Takes the last of those that followed: so many ticks after the last before them.
    pub(super) fn followed(&mut self, ticks: u32, at: Time) {
        if let Some((before, stamp)) = &mut self.previous {
            (*before, *stamp) = (at, stamp.wrapping_add(ticks));
        }
    }

    #[inline]
    #[allow(clippy::cast_precision_loss)]
    fn step(&mut self, elapsed: i64, ticks: i32, at: Time, limit: f64, buffer: f64) -> bool {
        let (wait, step) = (elapsed as f64 * 1e-9, f64::from(ticks));
        match &mut self.ticker {
            Ticker::Fixed { rate, jitter, .. } => {
                let rate = f64::from(*rate);
                let difference = wait * rate - step;
                if difference.abs() > limit * rate {
                    return self.breaks();
                }
                jitter.next(&[difference]);
                self.elapsed += elapsed;
                self.ticks += i64::from(ticks);
                self.lag.on(difference, at) > buffer * rate
            }
            Ticker::Open { jitter, live } => {
                let differences = RATES.map(|rate| wait * rate - step);
                // As long as no rate is known, a break is what is one at every rate.
                let known = live.and_then(|n| Some((*differences.get(n)?, *RATES.get(n)?)));
                let breaks = match known {
                    Some((difference, rate)) => difference.abs() > limit * rate,
                    None => differences.iter().zip(RATES).all(|(difference, rate)| difference.abs() > limit * rate),
                };
                if breaks {
                    return self.breaks();
                }
                jitter.next(&differences);
                self.elapsed += elapsed;
                self.ticks += i64::from(ticks);
                if live.is_none() && self.packets.is_multiple_of(SHOWN_BY) && self.elapsed >= SHOWS {
                    *live = nearest(self.ticks as f64 * 1e9 / self.elapsed as f64);
                }
                known.is_some_and(|(difference, rate)| self.lag.on(difference, at) > buffer * rate)
            }
        }
    }

    #[cold]
    fn breaks(&mut self) -> bool {
        self.breaks += 1;
        self.lag.restart();
        false
    }

    /// The jitter now, in milliseconds, where the rate is known.
    #[inline]
    pub(super) fn jitter_now(&self) -> Option<f64> {
        match &self.ticker {
            Ticker::Fixed { ms, jitter, .. } => Some(jitter.now(0) * ms),
            Ticker::Open { jitter, live } => {
                let lane = (*live)?;
                Some(jitter.now(lane) * 1000.0 / RATES.get(lane)?)
            }
        }
    }

    /// How often the sender set its time stamps anew.
    pub(super) const fn break_count(&self) -> u64 {
        self.breaks
    }

    /// What the packets show of the clock.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(super) fn clock(&self) -> Clock {
        let long = self.elapsed >= SHOWS && self.packets >= SHOWN_BY && self.ticks > 0;
        let shown = long.then(|| self.ticks as f64 * 1e9 / self.elapsed as f64);
        let inferred = shown.and_then(nearest).and_then(|lane| RATES.get(lane)).map(|&rate| rate as u32);
        let (rate, source) = match (&self.ticker, inferred) {
            (Ticker::Fixed { rate, .. }, _) => (Some(*rate), ClockSource::Static),
            (_, Some(rate)) => (Some(rate), ClockSource::Inferred),
            _ => (None, ClockSource::Unknown),
        };
        let observed = shown.filter(|_| self.elapsed >= OBSERVED).map(|shown| shown.round() as u32);
        Clock { rate, source, observed }
    }

    /// The jitter at every rate that it was kept at.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(super) fn jitters(&self) -> Vec<(u32, Jitter)> {
        let at = |rate, jitter: Option<Jitter>| jitter.map(|jitter| (rate, jitter));
        match &self.ticker {
            Ticker::Fixed { rate, jitter, .. } => at(*rate, jitter.finish(0, *rate)).into_iter().collect(),
            Ticker::Open { jitter, .. } => {
                RATES.iter().enumerate().filter_map(|(lane, &rate)| at(rate as u32, jitter.finish(lane, rate as u32))).collect()
            }
        }
    }

    /// The rate that lateness was judged by.
    pub(super) fn live_rate(&self) -> Option<u32> {
        match &self.ticker {
            Ticker::Fixed { rate, .. } => Some(*rate),
            Ticker::Open { live, .. } => RATES.get((*live)?).map(|&rate| rate as u32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    /// Packets of 20 ms at `rate` with the arrivals that `arrival` gives.
    fn timing(payload_type: u8, rate: u32, packets: i64, arrival: impl Fn(i64) -> i64) -> Timing {
        let mut timing = Timing::new(payload_type);
        for n in 0..packets {
            timing.on(Time(arrival(n)), 4_294_967_000u32.wrapping_add(n as u32 * rate / 50), false, 1.0);
        }
        timing
    }

    /// standards.md §8.4, oracle J, at a static and at a dynamic payload type.
    #[test]
    fn jitter_is_that_of_the_oracle_whoever_tells_the_rate() {
        let arrivals = [0, 20, 45, 60, 85, 100, 120, 150, 160];
        for payload_type in [0, 96] {
            let timing = timing(payload_type, 8000, 9, |n| arrivals[n as usize] * MS);
            let jitter = jitter(&timing, 8000).unwrap();
            assert!((jitter.last - 2.148_307).abs() < 1e-6, "{jitter:?}");
        }
    }

    #[test]
    fn a_dynamic_clock_is_told_by_the_stream() {
        let even = timing(96, 48_000, 100, |n| n * 20 * MS);
        assert_eq!(even.clock(), Clock { rate: Some(48_000), source: ClockSource::Inferred, observed: None });
        assert!(jitter(&even, 48_000).unwrap().max < 1e-6);
        assert_eq!(jitter(&even, 11_025), None);
        let long = timing(96, 48_000, 300, |n| n * 20 * MS);
        assert_eq!(long.clock().observed, Some(48_000));
        let short = timing(96, 48_000, 20, |n| n * 20 * MS);
        assert_eq!(short.clock(), Clock::default());
    }

    fn jitter(timing: &Timing, rate: u32) -> Option<Jitter> {
        timing.jitters().iter().find(|(kept, _)| *kept == rate).map(|&(_, jitter)| jitter)
    }

    #[test]
    fn a_packet_that_waited_lags_behind_the_fastest() {
        // 95 ms behind.
        let late =
            |buffer| timing(0, 8000, 10, |n| n * 20 * MS + 5 * MS).on(Time(300 * MS), 4_294_967_000u32.wrapping_add(1600), false, buffer);
        assert!(late(0.0949) && !late(0.0951));
    }

    #[test]
    fn a_slow_drift_of_clocks_is_no_lateness() {
        let mut timing = Timing::new(0);
        // 200 ppm over ten minutes: 120 ms.
        assert!((0..30_000i64).all(|n| !timing.on(Time(n * 20 * MS + n * 4_000), n as u32 * 160, false, 0.015)));
    }

    #[test]
    fn a_new_origin_of_time_stamps_is_no_jitter() {
        let mut timing = timing(0, 8000, 10, |n| n * 20 * MS);
        assert!(!timing.on(Time(200 * MS), 1_000_000_000, false, 0.01));
        assert!(!timing.on(Time(220 * MS), 1_000_000_160, false, 0.01));
        assert_eq!(timing.break_count(), 1);
        assert!(jitter(&timing, 8000).unwrap().max < 1e-6);
    }
}
