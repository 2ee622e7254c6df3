//! Takes the steps of the time stamp between consecutive packets, gives their median, never its unit.

/// Steps that are counted apart.
const KEPT: usize = 6;

/// How often which step was made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Packetization {
    seen: [(u32, u64); KEPT],
    other: u64,
}

impl Packetization {
    /// Takes a step, made so many times, between packets with consecutive sequence numbers and no marker.
    #[inline]
    pub(super) fn on(&mut self, step: u32, count: u64) {
        let [(usual, times), ..] = &mut self.seen;
        if *usual == step && *times > 0 {
            *times += count;
        } else {
            self.unusual(step, count);
        }
    }

    #[cold]
    fn unusual(&mut self, step: u32, count: u64) {
        for (kept, times) in &mut self.seen {
            if *times == 0 {
                *kept = step;
            }
            if *kept == step {
                *times += count;
                return;
            }
        }
        self.other += count;
    }

    /// The median (standards.md §8.7: nearest rank); `None` if there were too many different steps to know it.
    pub(super) fn median(mut self) -> Option<u32> {
        let counted: u64 = self.seen.iter().map(|&(_, n)| n).sum();
        // Most of the steps must be known, or the median could be any other.
        if counted == 0 || self.other * 10 > counted {
            return None;
        }
        self.seen.sort_unstable();
        let mut left = counted.div_ceil(2);
        for (step, times) in self.seen {
            if times >= left {
                return Some(step);
            }
            left -= times;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(steps: &[u32]) -> Option<u32> {
        let mut packetization = Packetization::default();
        steps.iter().for_each(|&step| packetization.on(step, 1));
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
