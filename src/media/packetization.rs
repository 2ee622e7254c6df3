//! Takes the steps of the time stamp between consecutive packets, gives their median, never its unit.

/// Steps that are counted apart.
const KEPT: usize = 6;

/// How often which step was made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Packetization {
    seen: [(u32, u32); KEPT],
    other: u32,
}

impl Packetization {
    /// Takes a step between packets with consecutive sequence numbers and no marker.
    #[inline]
    pub(super) fn on(&mut self, step: u32) {
        for (kept, times) in &mut self.seen {
            if *times == 0 {
                *kept = step;
            }
            if *kept == step {
                *times = times.saturating_add(1);
                return;
            }
        }
        self.other = self.other.saturating_add(1);
    }

    /// The median (standards.md §8.7: nearest rank); `None` if there were too many different steps to know it.
    pub(super) fn median(mut self) -> Option<u32> {
        let counted: u64 = self.seen.iter().map(|&(_, n)| u64::from(n)).sum();
        // Most of the steps must be known, or the median could be any other.
        if counted == 0 || u64::from(self.other) * 10 > counted {
            return None;
        }
        self.seen.sort_unstable();
        let mut left = counted.div_ceil(2);
        for (step, times) in self.seen {
            if u64::from(times) >= left {
                return Some(step);
            }
            left -= u64::from(times);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(steps: &[u32]) -> Option<u32> {
        let mut packetization = Packetization::default();
        steps.iter().for_each(|&step| packetization.on(step));
        packetization.median()
    }

    #[test]
    fn the_median_is_the_nearest_rank() {
        assert_eq!(median(&[160, 160, 320, 160, 160]), Some(160));
        assert_eq!(median(&[160, 320]), Some(160));
        assert_eq!(median(&[240, 160, 320]), Some(240));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn too_many_different_steps_have_no_median_that_is_known() {
        assert_eq!(median(&(0..100).collect::<Vec<_>>()), None);
    }
}
