//! Takes what was agreed of media and what a stream came to, gives whether nobody likes to hear it, never a breach.

use serde::Serialize;

use super::call_row::CarriedStream;
use crate::policy::Terms;

/// Estimated MOS below which media is poor where nothing is agreed. Below it many users are dissatisfied (ITU-T G.107 Annex B).
pub(super) const POOR_MOS: f64 = 3.6;
/// Percent of packets lost above which media is poor where nothing can be estimated, and nothing is agreed.
pub(super) const POOR_LOSS_PCT: f64 = 3.0;

/// What `performance.media.mos_min` and `performance.media.loss_pct` say of a direction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AgreedLimits {
    /// MOS below which a stream is poor.
    pub mos_below: Option<f64>,
    /// Percent of packets lost above which it is poor, whatever its MOS.
    pub loss_above_pct: Option<f64>,
}

impl AgreedLimits {
    pub(super) fn of(terms: &Terms) -> Self {
        let value = |limit: &crate::policy::StreamLimit| limit.value.as_ref().map(|clause| clause.value);
        Self { mos_below: value(&terms.performance.mos), loss_above_pct: value(&terms.performance.loss) }
    }

    const fn is_any(self) -> bool {
        self.mos_below.is_some() || self.loss_above_pct.is_some()
    }

    /// Whether a stream is poor: the worst of a call tells.
    #[allow(clippy::cast_precision_loss)] // Counts of packets.
    pub(super) fn are_missed(self, stream: &CarriedStream) -> bool {
        let loses = |pct: f64| stream.expected > 0 && stream.lost as f64 * 100.0 > pct * stream.expected as f64;
        let low = stream.mos.map(|mos| mos < self.mos_below.unwrap_or(POOR_MOS));
        match (self.loss_above_pct, low) {
            (Some(agreed), low) => low == Some(true) || loses(agreed),
            (None, Some(low)) => low,
            (None, None) => loses(POOR_LOSS_PCT),
        }
    }
}

/// The agreed limits that calls were held against: few, as policies have few directions.
#[derive(Clone, Debug, Default)]
pub(super) struct LimitsUsed(Vec<AgreedLimits>);

impl LimitsUsed {
    pub(super) fn note(&mut self, limits: AgreedLimits) {
        if limits.is_any() && !self.0.contains(&limits) {
            self.0.push(limits);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|&limits| self.note(limits));
    }

    /// In an order that the calls do not decide.
    pub(super) fn sorted(&self) -> Vec<AgreedLimits> {
        let mut all = self.0.clone();
        let key = |limits: &AgreedLimits| [limits.mos_below, limits.loss_above_pct].map(|limit| limit.unwrap_or(f64::NEG_INFINITY));
        all.sort_by(|a, b| {
            key(a).iter().zip(key(b)).map(|(a, b)| a.total_cmp(&b)).fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_agreed_goes_before_what_is_usual() {
        let stream = |mos, lost| CarriedStream::measured(mos, 1_000, lost);
        let nothing = AgreedLimits { mos_below: None, loss_above_pct: None };
        let strict = AgreedLimits { mos_below: Some(4.0), loss_above_pct: Some(1.0) };
        for (mos, lost, usual, agreed) in [
            (Some(4.2), 5, false, false),
            (Some(3.8), 5, false, true),
            (Some(3.5), 5, true, true),
            // Loss that was agreed counts beside a good estimate; the usual one only without.
            (Some(4.2), 40, false, true),
            (None, 20, false, true),
            (None, 31, true, true),
        ] {
            let judged = [nothing, strict].map(|limits| limits.are_missed(&stream(mos, lost)));
            assert_eq!(judged, [usual, agreed], "MOS {mos:?}, {lost} of 1000 lost");
        }
    }

    #[test]
    fn the_limits_used_come_in_one_order() {
        let limits = |mos, loss| AgreedLimits { mos_below: mos, loss_above_pct: loss };
        let (mut one, mut other) = (LimitsUsed::default(), LimitsUsed::default());
        for used in [limits(Some(4.0), None), limits(None, None), limits(Some(3.6), Some(1.0))] {
            one.note(used);
        }
        for used in [limits(Some(3.6), Some(1.0)), limits(None, Some(2.0)), limits(Some(4.0), None)] {
            other.note(used);
        }
        one.merge(&LimitsUsed(vec![limits(None, Some(2.0))]));
        assert_eq!(one.sorted(), other.sorted());
        assert_eq!(one.sorted().len(), 3);
    }
}
