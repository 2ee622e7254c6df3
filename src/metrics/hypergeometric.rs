//! Takes two shares, gives the probability that chance alone makes the first so large, never an approximation of the counts.

/// Fisher's exact test, one-sided: with `hits.0` of `of.0` in one group and `hits.1` of `of.1` in another, the probability that at least
/// `hits.0` of all hits fall into the first group if they fall blindly. 1 where a share is none.
#[must_use]
#[allow(clippy::cast_precision_loss)] // Counts below 2^53.
pub fn upper_tail(hits: (u64, u64), of: (u64, u64)) -> f64 {
    if hits.0 > of.0 || hits.1 > of.1 || of.0 == 0 || of.1 == 0 {
        return 1.0;
    }
    let all = hits.0 + hits.1;
    let first = ln_choose(of.0, hits.0) + ln_choose(of.1, hits.1) - ln_choose(of.0 + of.1, all);
    let (mut term, mut sum) = (1.0, 1.0);
    for k in hits.0..all.min(of.0) {
        let rest = all - k;
        term *= (of.0 - k) as f64 * rest as f64 / ((k + 1) as f64 * (of.1 - rest + 1) as f64);
        sum += term;
        // Terms fall ever faster once they fall.
        if term < sum * 1e-17 {
            break;
        }
    }
    (first.exp() * sum).min(1.0)
}

fn ln_choose(n: u64, k: u64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// ln n!, by Stirling's series beyond 32: wrong by less than 10⁻¹².
#[allow(clippy::cast_precision_loss)]
fn ln_factorial(n: u64) -> f64 {
    if n < 32 {
        return (2..=n).map(|k| (k as f64).ln()).sum();
    }
    let n = n as f64;
    n * n.ln() - n + 0.5 * (2.0 * std::f64::consts::PI * n).ln() + 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3)) + 1.0 / (1260.0 * n.powi(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_published_tables() {
        // Fisher's tea-tasting: 3 of 4 against 1 of 4 is 17/70; all four is 1/70. The other: 1 − 0.0245 leaves two-sided 0.0350.
        assert!((upper_tail((3, 1), (4, 4)) - 17.0 / 70.0).abs() < 1e-12);
        assert!((upper_tail((4, 0), (4, 4)) - 1.0 / 70.0).abs() < 1e-12);
        assert!((upper_tail((8, 1), (10, 6)) - 0.024_475).abs() < 1e-6);
        assert_eq!(upper_tail((0, 0), (10, 10)), 1.0);
        assert_eq!(upper_tail((0, 0), (0, 10)), 1.0);
    }

    #[test]
    fn large_counts_neither_hang_nor_fail() {
        assert!(upper_tail((500, 1_000), (1_000, 1_000_000)) < 1e-300);
        let even = upper_tail((500_000, 500_000), (1_000_000, 1_000_000));
        assert!((even - 0.5).abs() < 0.001, "{even}");
        assert!((ln_factorial(32) - (2..=32_u64).map(|k| (k as f64).ln()).sum::<f64>()).abs() < 1e-9);
    }
}
