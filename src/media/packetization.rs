//! Takes the steps of the time stamp between consecutive packets, gives their median, never its unit.

/// Steps that are counted apart.
const KEPT: usize = 6;

/// How often which step was made.
#[derive(Clone, Debug, Default)]
pub(super) struct Packetization {
    usual: (u32, u64),
    /// Nearly every stream has one step.
    unusual: Option<Box<Unusual>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Unusual {
    seen: [(u32, u64); KEPT - 1],
    other: u64,
}

impl Packetization {
    /// Takes a step, made so many times, between packets with consecutive sequence numbers and no marker.
    #[inline]
    pub(super) fn on(&mut self, step: u32, count: u64) {
        let (usual, times) = &mut self.usual;
        if *usual == step && *times > 0 {
            *times += count;
        } else {
            self.unusual(step, count);
        }
    }

    #[cold]
    fn unusual(&mut self, step: u32, count: u64) {
        if self.usual.1 == 0 {
            self.usual = (step, count);
            return;
        }
        let Unusual { seen, other } = &mut **self.unusual.get_or_insert_default();
        for (kept, times) in seen {
            if *times == 0 {
                *kept = step;
            }
            if *kept == step {
                *times += count;
                return;
            }
        }
        *other += count;
    }

    /// The step of nine in ten, of fifty or more: of voice, and not of video.
    pub(super) fn usual(&self) -> Option<u32> {
        let (step, times) = self.usual;
        let others = self.unusual.as_deref().map_or(0, |unusual| unusual.other + unusual.seen.iter().map(|(_, n)| n).sum::<u64>());
        (step > 0 && step < 1 << 16 && times >= 50 && times >= others * 9).then_some(step)
    }

    /// The median (standards.md §8.7: nearest rank); `None` if there were too many different steps to know it.
    pub(super) fn median(&self) -> Option<u32> {
        let Unusual { seen, other } = self.unusual.as_deref().copied().unwrap_or_default();
        let mut seen: Vec<(u32, u64)> = seen.into_iter().chain([self.usual]).collect();
        let counted: u64 = seen.iter().map(|&(_, n)| n).sum();
        // Most of the steps must be known, or the median could be any other.
        if counted == 0 || other * 10 > counted {
            return None;
        }
        seen.sort_unstable();
        let mut left = counted.div_ceil(2);
        for (step, times) in seen {
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
