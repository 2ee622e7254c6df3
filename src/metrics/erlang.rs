//! Takes offered traffic and circuits, gives the probability that all are busy, never advice.

/// Erlang B: the share of attempts that find `circuits` busy when `erlangs` are offered; linear in `circuits`.
#[must_use]
pub fn erlang_b(erlangs: f64, circuits: u32) -> f64 {
    (1..=circuits).fold(1.0, |blocked, k| {
        let offered = erlangs * blocked;
        offered / (f64::from(k) + offered)
    })
}

/// The most circuits that are asked for: beyond, nobody plans in circuits.
const MOST: u32 = 1_000_000;

/// The fewest circuits of which at most the share `blocking` of attempts finds none free when `erlangs` are offered; `None` where more
/// than a million would be needed, or none would do.
#[must_use]
pub fn circuits(erlangs: f64, blocking: f64) -> Option<u32> {
    if !(erlangs >= 0.0 && blocking > 0.0) {
        return None;
    }
    let mut blocked = 1.0;
    (0..=MOST).find(|&k| {
        if k > 0 {
            let offered = erlangs * blocked;
            blocked = offered / (f64::from(k) + offered);
        }
        blocked <= blocking
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_tables() {
        for (erlangs, circuits, blocked) in [(10.0, 15, 0.036_497), (5.0, 10, 0.018_385), (100.0, 117, 0.009_790)] {
            assert!((erlang_b(erlangs, circuits) - blocked).abs() < 5e-7, "B({erlangs}, {circuits})");
        }
    }

    #[test]
    fn the_fewest_circuits_are_those_of_the_published_tables() {
        // Erlang B at 1 %: 5 E need 11, 10 E need 18, 100 E need 117 circuits.
        assert_eq!([5.0, 10.0, 100.0].map(|e| circuits(e, 0.01)), [Some(11), Some(18), Some(117)]);
        assert_eq!((circuits(0.0, 0.01), circuits(7.0, 1.0)), (Some(1), Some(0)));
        assert_eq!((circuits(f64::NAN, 0.01), circuits(1.0, 0.0), circuits(f64::INFINITY, 0.01)), (None, None, None));
    }
}
