//! Takes offered traffic and circuits, gives the probability that all are busy, never advice.

/// Erlang B: the share of attempts that find `circuits` busy when `erlangs` are offered; linear in `circuits`.
#[must_use]
pub fn erlang_b(erlangs: f64, circuits: u32) -> f64 {
    (1..=circuits).fold(1.0, |blocked, k| {
        let offered = erlangs * blocked;
        offered / (f64::from(k) + offered)
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
}
