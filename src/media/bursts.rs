//! Takes which packets were received, lost or came too late, in the order of sequence numbers, gives bursts and gaps, never a time.

/// Received packets in a row that end a burst (RFC 3611 §4.7.2, Gmin).
const GMIN: u64 = 16;

/// Losses and discards as bursts and gaps (RFC 3611 §4.7.2), counted in packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bursts {
    /// Packets that are judged: received once, or lost.
    pub packets: u64,
    /// Of these, lost.
    pub lost: u64,
    /// Of these, received too late to be played.
    pub discarded: u64,
    /// Bursts.
    pub bursts: u64,
    /// Packets in bursts.
    pub burst_packets: u64,
    /// Packets in bursts that were lost or discarded.
    pub burst_events: u64,
    /// Stretches outside bursts.
    pub gaps: u64,
    /// Rows of packets that were lost or discarded, each row counted once.
    pub runs: u64,
    /// The longest row.
    pub longest_run: u64,
    /// Whether lateness could be judged: if not, `discarded` means nothing.
    pub lateness: bool,
}

impl Default for Bursts {
    fn default() -> Self {
        Self {
            packets: 0,
            lost: 0,
            discarded: 0,
            bursts: 0,
            burst_packets: 0,
            burst_events: 0,
            gaps: 0,
            runs: 0,
            longest_run: 0,
            lateness: true,
        }
    }
}

impl Bursts {
    /// Packets that were not played: lost or discarded.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.lost + self.discarded
    }

    /// The share of events in bursts, in 1/256 (RFC 3611 §4.7.2, integer part, at most 255).
    #[must_use]
    pub fn burst_density(&self) -> u8 {
        fraction(self.burst_events, self.burst_packets)
    }

    /// The share of events outside bursts, in 1/256.
    #[must_use]
    pub fn gap_density(&self) -> u8 {
        fraction(self.events() - self.burst_events, self.packets - self.burst_packets)
    }

    /// The share of lost packets, in 1/256.
    #[must_use]
    pub fn loss_rate(&self) -> u8 {
        fraction(self.lost, self.packets)
    }

    /// The share of discarded packets, in 1/256.
    #[must_use]
    pub fn discard_rate(&self) -> u8 {
        fraction(self.discarded, self.packets)
    }

    /// The mean length of bursts and of gaps, in packets; `None` where there was none.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn mean_lengths(&self) -> (Option<f64>, Option<f64>) {
        let mean = |packets: u64, n: u64| (n > 0).then(|| packets as f64 / n as f64);
        (mean(self.burst_packets, self.bursts), mean(self.packets - self.burst_packets, self.gaps))
    }

    /// Packets that were not played, in percent; `None` if there was none to play.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn percent(&self) -> Option<f64> {
        (self.packets > 0).then(|| self.events() as f64 * 100.0 / self.packets as f64)
    }

    /// How much longer rows of losses are than chance alone would make them: 1 for random loss (standards.md §8.5, BurstR).
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn burst_ratio(&self) -> f64 {
        if self.runs == 0 {
            return 1.0;
        }
        let mean = self.events() as f64 / self.runs as f64;
        (mean * (1.0 - self.events() as f64 / self.packets as f64)).max(1.0)
    }
}

fn fraction(part: u64, whole: u64) -> u8 {
    u8::try_from((part * 256).checked_div(whole).unwrap_or(0)).unwrap_or(u8::MAX)
}

/// Events with fewer than Gmin received packets between neighbours: a burst, if it is more than one.
#[derive(Clone, Copy, Debug)]
struct Cluster {
    start: u64,
    last: u64,
    events: u64,
}

/// Bursts and gaps, as far as they go.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BurstMeter {
    bursts: Bursts,
    cluster: Option<Cluster>,
    /// Where the gap that is open began: behind the last burst.
    gap: u64,
    /// The row of events that is open.
    run: u64,
}

impl BurstMeter {
    /// The next `count` packets were received in time.
    pub(super) fn received(&mut self, count: u64) {
        if count > 0 {
            self.bursts.packets += count;
            self.run = 0;
        }
    }

    /// The next packet was received too late.
    pub(super) fn discarded(&mut self) {
        self.bursts.discarded += 1;
        self.events(1);
    }

    /// The next `count` packets were lost.
    pub(super) fn lost(&mut self, count: u64) {
        self.bursts.lost += count;
        self.events(count);
    }

    fn events(&mut self, count: u64) {
        if count == 0 {
            return;
        }
        let (first, last) = (self.bursts.packets, self.bursts.packets + count - 1);
        self.bursts.packets += count;
        self.bursts.runs += u64::from(self.run == 0);
        self.run += count;
        self.bursts.longest_run = self.bursts.longest_run.max(self.run);
        match &mut self.cluster {
            Some(cluster) if first - cluster.last <= GMIN => {
                cluster.last = last;
                cluster.events += count;
            }
            _ => {
                self.close();
                self.cluster = Some(Cluster { start: first, last, events: count });
            }
        }
    }

    fn close(&mut self) {
        if let Some(cluster) = self.cluster.take().filter(|c| c.events > 1) {
            self.bursts.bursts += 1;
            self.bursts.burst_packets += cluster.last - cluster.start + 1;
            self.bursts.burst_events += cluster.events;
            self.bursts.gaps += u64::from(cluster.start > self.gap);
            self.gap = cluster.last + 1;
        }
    }

    /// What it came to.
    pub(super) fn finish(mut self) -> Bursts {
        self.close();
        self.bursts.gaps += u64::from(self.bursts.packets > self.gap);
        self.bursts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(packets: u64, lost: &[u64], discarded: &[u64]) -> Bursts {
        let mut meter = BurstMeter::default();
        for n in 0..packets {
            match (lost.contains(&n), discarded.contains(&n)) {
                (true, _) => meter.lost(1),
                (_, true) => meter.discarded(),
                _ => meter.received(1),
            }
        }
        meter.finish()
    }

    /// standards.md §8.4, oracle B.
    #[test]
    fn the_example_of_rfc_3611_comes_out_as_its_definitions_say() {
        let bursts = measure(64, &[4, 29, 34], &[23, 27, 53]);
        assert_eq!((bursts.bursts, bursts.burst_packets, bursts.burst_events), (1, 12, 4));
        assert_eq!((bursts.loss_rate(), bursts.discard_rate()), (12, 12));
        assert_eq!((bursts.burst_density(), bursts.gap_density()), (85, 9));
        assert_eq!(bursts.mean_lengths(), (Some(12.0), Some(26.0)));
    }

    #[test]
    fn sixteen_received_packets_end_a_burst_and_fifteen_do_not() {
        assert_eq!(measure(60, &[10, 26], &[]).bursts, 1);
        assert_eq!(measure(60, &[10, 27], &[]).bursts, 0);
    }

    #[test]
    fn losses_at_once_and_one_by_one_are_the_same() {
        let mut meter = BurstMeter::default();
        meter.received(5);
        meter.lost(3);
        meter.received(20);
        assert_eq!(meter.finish(), measure(28, &[5, 6, 7], &[]));
    }

    #[test]
    fn losses_in_rows_have_a_burst_ratio_above_one() {
        assert!((measure(100, &[10, 40, 70], &[]).burst_ratio() - 1.0).abs() < 1e-9);
        assert!((measure(100, &[10, 11, 12, 13], &[]).burst_ratio() - 4.0 * 0.96).abs() < 1e-9);
        assert!((measure(10, &[], &[]).burst_ratio() - 1.0).abs() < 1e-9);
    }
}
