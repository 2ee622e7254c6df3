//! Takes the time stamps of one file in order, gives where its clock steps back, never a packet.

use crate::base::Time;

/// Steps that are listed one by one; of those behind only their number and size are kept.
const LISTED: usize = 256;

/// A place where the clock of an interface steps back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockStep {
    /// The frame behind it.
    pub frame: u32,
    /// Its time stamp.
    pub time: Time,
    /// The time stamp of the frame before it on the same interface.
    pub before: Time,
}

/// Where the clock of a capture steps back, by more than a packet may overtake another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClockSteps {
    /// The first of them.
    pub listed: Vec<ClockStep>,
    /// How many there are.
    pub count: u64,
    /// The largest, in nanoseconds.
    pub largest: i64,
}

/// The clocks of the interfaces of one file.
#[derive(Debug)]
pub(super) struct Clocks {
    /// What is called a step, in nanoseconds.
    threshold: i64,
    /// The last time stamp of each interface of the section.
    last: Vec<Time>,
    pub(super) steps: ClockSteps,
}

impl Clocks {
    pub(super) fn new(threshold: i64) -> Self {
        Self { threshold, last: Vec::new(), steps: ClockSteps::default() }
    }

    /// Takes the next time stamp; `frame` is the number of frames before it in the file.
    #[inline]
    pub(super) fn tick(&mut self, interface: usize, time: Time, frame: u32) {
        match self.last.get_mut(interface) {
            Some(last) => {
                let before = std::mem::replace(last, time);
                if before.since(time) > self.threshold {
                    self.step(ClockStep { frame: frame.saturating_add(1), time, before });
                }
            }
            None => {
                self.last.resize(interface + 1, Time::MIN);
                self.tick(interface, time, frame);
            }
        }
    }

    #[cold]
    fn step(&mut self, step: ClockStep) {
        self.steps.count += 1;
        self.steps.largest = self.steps.largest.max(step.before.since(step.time));
        if self.steps.listed.len() < LISTED {
            self.steps.listed.push(step);
        }
    }

    /// A new section has other interfaces.
    pub(super) fn restart(&mut self) {
        self.last.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_one_of_its_own_interface_and_counts_once() {
        let mut clocks = Clocks::new(20);
        for (frame, (interface, time)) in [(0, 1_000), (1, 100), (0, 990), (0, 500), (0, 510), (1, 200), (0, 489)].into_iter().enumerate() {
            clocks.tick(interface, Time(time), frame as u32);
        }
        let steps = &clocks.steps;
        assert_eq!((steps.count, steps.largest), (2, 490));
        assert_eq!(steps.listed[0], ClockStep { frame: 4, time: Time(500), before: Time(990) });
        assert_eq!(steps.listed[1].frame, 7);
    }
}
