//! Takes a codec with its loss and delay, gives the transmission rating and the MOS that the E-model estimates, never one for a codec that
//! nobody rated.

/// The scale of a rating: values of one scale say nothing on the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scale {
    /// ITU-T G.107.
    Narrowband,
    /// ITU-T G.107.1.
    Wideband,
}

impl Scale {
    /// The word in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Narrowband => "narrowband",
            Self::Wideband => "wideband",
        }
    }
}

/// How a codec impairs speech (ITU-T G.113).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// The equipment impairment factor, Ie.
    pub ie: f64,
    /// How robust it is against loss, Bpl; `None` where that is not published.
    pub bpl: Option<f64>,
    /// Which scale both are on.
    pub scale: Scale,
}

/// How delay impairs conversation (standards.md §8.5, Id).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DelayImpairment {
    /// The fit of Cole and Rosenbluth.
    #[default]
    ColeRosenbluth,
    /// The term Idd of ITU-T G.107: pure delay, no echo.
    Idd,
}

impl DelayImpairment {
    /// The impairment of a one-way delay in milliseconds.
    #[must_use]
    pub fn of(self, ms: f64) -> f64 {
        match self {
            Self::ColeRosenbluth => 0.024 * ms + if ms > 177.3 { 0.11 * (ms - 177.3) } else { 0.0 },
            Self::Idd if ms <= 100.0 => 0.0,
            Self::Idd => {
                let x = (ms / 100.0).log2();
                let root = |x: f64| (1.0 + x.powi(6)).powf(1.0 / 6.0);
                25.0 * (root(x) - 3.0 * root(x / 3.0) + 2.0)
            }
        }
    }
}

/// What the network does to a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// Packets that are not played, in percent.
    pub loss_percent: f64,
    /// How much longer rows of losses are than chance would make them: 1 or more.
    pub burst_ratio: f64,
    /// One-way delay from mouth to ear, in milliseconds.
    pub delay_ms: f64,
}

/// What the E-model makes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    /// The scale.
    pub scale: Scale,
    /// The impairment by codec and loss, Ie,eff.
    pub ie_eff: f64,
    /// The impairment by delay, Id.
    pub id: f64,
    /// The transmission rating factor.
    pub r: f64,
    /// Mean opinion score, conversational quality, estimated.
    pub mos: f64,
    /// Whether rows of losses are longer than ITU-T G.107 was validated for (a burst ratio above 2).
    pub beyond_validation: bool,
}

/// The rating of a codec under conditions; `None` where there is loss and nobody published how the codec bears it.
#[must_use]
pub fn rate(codec: &Impairment, conditions: &Conditions, delay: DelayImpairment) -> Option<Rating> {
    let Conditions { loss_percent, burst_ratio, delay_ms } = *conditions;
    let burst_ratio = burst_ratio.max(1.0);
    let ie_eff = match (codec.bpl, loss_percent > 0.0) {
        (_, false) => codec.ie,
        (Some(bpl), true) => codec.ie + (95.0 - codec.ie) * loss_percent / (loss_percent / burst_ratio + bpl),
        (None, true) => return None,
    };
    // The defaults of ITU-T G.107: Ro less Is, less Id without delay; of G.107.1 the delay is not agreed (standards.md §8.5).
    let (id, r, on_mos_scale) = match codec.scale {
        Scale::Narrowband => {
            let id = delay.of(delay_ms);
            let r = 93.2 - id - ie_eff;
            (id, r, r)
        }
        Scale::Wideband => {
            let r = 129.0 - ie_eff;
            (0.0, r, r / 1.29)
        }
    };
    Some(Rating { scale: codec.scale, ie_eff, id, r, mos: mos(on_mos_scale), beyond_validation: burst_ratio > 2.0 })
}

/// The MOS of a rating factor (ITU-T G.107 annex B).
#[must_use]
pub fn mos(r: f64) -> f64 {
    match r {
        r if r <= 0.0 => 1.0,
        r if r >= 100.0 => 4.5,
        // The polynomial dips below 1 for small factors.
        r => (1.0 + 0.035 * r + 7e-6 * r * (r - 60.0) * (100.0 - r)).max(1.0),
    }
}

/// What the payload tells of how a codec was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The bit rate in bit/s, of codecs that have several.
    pub bit_rate: Option<u32>,
    /// Whether silence is suppressed: silence descriptors were sent, or may be.
    pub silence_suppressed: bool,
}

/// The published values of a codec (ITU-T G.113 appendix I, and appendix IV for the wideband scale), by the name of its rtpmap.
#[must_use]
pub fn published(codec: &str, usage: Usage) -> Option<Impairment> {
    let narrow = |ie, bpl| Some(Impairment { ie, bpl, scale: Scale::Narrowband });
    let wide = |ie| Some(Impairment { ie, bpl: None, scale: Scale::Wideband });
    match (codec.to_ascii_uppercase().as_str(), usage.bit_rate) {
        // With packet loss concealment (G.711 appendix I), which is assumed.
        ("PCMU" | "PCMA", _) => narrow(0.0, Some(25.1)),
        ("G726-40", _) => narrow(2.0, None),
        ("G726-32", _) => narrow(7.0, None),
        ("G726-24", _) => narrow(25.0, None),
        ("G726-16", _) => narrow(50.0, None),
        ("G728", _) => narrow(7.0, None),
        ("G729", _) if usage.silence_suppressed => narrow(11.0, Some(19.0)),
        ("G729", _) => narrow(10.0, None),
        ("G723", Some(5_300)) => narrow(19.0, None),
        ("G723", _) if usage.silence_suppressed => narrow(15.0, Some(16.1)),
        ("G723", _) => narrow(15.0, None),
        ("GSM", _) => narrow(20.0, None),
        ("GSM-HR-08", _) => narrow(23.0, None),
        ("GSM-EFR", _) => narrow(5.0, Some(10.0)),
        ("G722", None | Some(64_000)) => wide(13.0),
        ("G722", Some(56_000)) => wide(20.0),
        ("G722", Some(48_000)) => wide(31.0),
        ("AMR-WB", Some(rate)) => wide(AMR_WB.iter().find(|(mode, _)| *mode == rate)?.1),
        _ => None,
    }
}

/// The bit rates of AMR-WB and their impairment with a handset at one ear. 23.85 kbit/s is really worse than 23.05.
const AMR_WB: [(u32, f64); 9] = [
    (6_600, 41.0),
    (8_850, 26.0),
    (12_650, 13.0),
    (14_250, 10.0),
    (15_850, 7.0),
    (18_250, 5.0),
    (19_850, 3.0),
    (23_050, 1.0),
    (23_850, 8.0),
];

/// The bit rate that the first octets of an AMR-WB payload name (RFC 4867 §4.3, §4.4), by its frame type.
#[must_use]
pub fn amr_wb_bit_rate(head: [u8; 4], octet_aligned: bool) -> Option<u32> {
    let [first, second, ..] = head;
    // Four bits of mode request; octet-aligned, four of padding. Then one bit "another follows", and four of frame type.
    let frame_type = if octet_aligned { second >> 3 & 0x0f } else { (first & 0x07) << 1 | second >> 7 };
    AMR_WB.get(usize::from(frame_type)).map(|&(rate, _)| rate)
}

/// The bit rate that the first octet of a G.723.1 payload names (RFC 3551 §4.5.3).
#[must_use]
pub const fn g723_bit_rate(head: [u8; 4]) -> Option<u32> {
    match head[0] & 0x03 {
        0 => Some(6_300),
        1 => Some(5_300),
        _ => None,
    }
}

/// A one-way delay and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delay {
    /// Milliseconds.
    pub ms: f64,
    /// Whether half a round trip was measured: else all of it is what the policy assumes.
    pub measured: bool,
}

impl Delay {
    /// Half the round trip, the time to fill a packet and that in the jitter buffer; or what is assumed, where no round trip is known.
    #[must_use]
    pub fn of(round_trip_ms: Option<f64>, packet_ms: f64, buffer_ms: f64, assumed_ms: f64) -> Self {
        match round_trip_ms {
            Some(trip) => Self { ms: trip / 2.0 + packet_ms + buffer_ms, measured: true },
            None => Self { ms: assumed_ms, measured: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Usage = Usage { bit_rate: None, silence_suppressed: false };
    const SUPPRESSED: Usage = Usage { bit_rate: None, silence_suppressed: true };

    fn rated(codec: Impairment, loss_percent: f64, delay_ms: f64, burst_ratio: f64) -> Option<Rating> {
        rate(&codec, &Conditions { loss_percent, burst_ratio, delay_ms }, DelayImpairment::ColeRosenbluth)
    }

    /// standards.md §8.5, oracle E, narrowband.
    #[test]
    fn the_oracle_on_the_narrowband_scale() {
        let plc = published("PCMA", PLAIN).unwrap();
        let bare = Impairment { bpl: Some(4.3), ..plc };
        let g729 = published("G729", SUPPRESSED).unwrap();
        let g723 = published("G723", SUPPRESSED).unwrap();
        let efr = published("GSM-EFR", PLAIN).unwrap();
        for (codec, loss, delay, ratio, ie_eff, id, r, mos) in [
            (plc, 0.0, 0.0, 1.0, 0.0, 0.0, 93.2, 4.4093),
            (plc, 0.0, 50.0, 1.0, 0.0, 1.2, 92.0, 4.3849),
            (plc, 1.0, 100.0, 1.0, 3.6398, 2.4, 87.1602, 4.2634),
            (plc, 1.0, 100.0, 2.0, 3.7109, 2.4, 87.0891, 4.2613),
            (bare, 1.0, 100.0, 1.0, 17.9245, 2.4, 72.8755, 3.7288),
            (plc, 3.0, 300.0, 1.0, 10.1423, 20.697, 62.3607, 3.2214),
            (g729, 2.0, 150.0, 1.0, 19.0, 3.6, 70.6, 3.6250),
            (g729, 5.0, 200.0, 1.0, 28.5, 7.297, 57.403, 2.9647),
            (g723, 1.0, 150.0, 1.0, 19.6784, 3.6, 69.9216, 3.5933),
            (efr, 1.0, 120.0, 1.0, 13.1818, 2.88, 77.1382, 3.9114),
        ] {
            let rating = rated(codec, loss, delay, ratio).unwrap();
            let near = |a: f64, b: f64| (a - b).abs() < 6e-5;
            assert!(
                near(rating.ie_eff, ie_eff) && near(rating.id, id) && near(rating.r, r) && near(rating.mos, mos),
                "{rating:?}, {r}, {mos}"
            );
        }
    }

    /// standards.md §8.5, oracle E, wideband; the last R there is 66.0391 by its own formula, and printed as 66.0392.
    #[test]
    fn the_oracle_on_the_wideband_scale() {
        let amr = |bit_rate| published("AMR-WB", Usage { bit_rate: Some(bit_rate), ..PLAIN }).unwrap();
        let diotic = Impairment { ie: 20.0, bpl: Some(4.3), scale: Scale::Wideband };
        for (codec, loss, r, mos) in
            [(amr(12_650), 0.0, 89.9225, 4.3371), (amr(6_600), 0.0, 68.2171, 3.5123), (diotic, 2.0, 66.0391, 3.4062)]
        {
            let rating = rated(codec, loss, 0.0, 1.0).unwrap();
            assert!((rating.r / 1.29 - r).abs() < 6e-5 && (rating.mos - mos).abs() < 6e-5, "{rating:?}");
            assert_eq!(rating.scale, Scale::Wideband);
        }
        assert_eq!(rated(amr(12_650), 1.0, 0.0, 1.0), None, "with loss nothing is published");
    }

    /// standards.md §8.5, oracle E, the last row.
    #[test]
    fn the_delay_term_of_g_107() {
        for (ms, id) in [(100.0, 0.0), (150.0, 0.1635), (200.0, 3.0444), (300.0, 14.7607)] {
            assert!((DelayImpairment::Idd.of(ms) - id).abs() < 6e-5, "{ms}");
        }
    }

    #[test]
    fn a_codec_that_nobody_rated_has_no_rating() {
        assert_eq!(published("opus", PLAIN), None);
        assert_eq!(published("AMR", PLAIN), None);
        assert_eq!(published("AMR-WB", PLAIN), None, "of no known mode");
        assert_eq!(rated(published("G729", PLAIN).unwrap(), 0.1, 0.0, 1.0), None, "no Bpl is published without VAD");
        assert!(rated(published("G729", PLAIN).unwrap(), 0.0, 0.0, 1.0).is_some());
    }

    #[test]
    fn mos_stays_between_one_and_four_and_a_half() {
        assert!((0..1200).map(|n| mos(f64::from(n) / 10.0 - 10.0)).all(|mos| (1.0..=4.5).contains(&mos)));
    }

    /// RFC 4867 §4.3.1 and §4.4.1: frame type 2 is 12.65 kbit/s.
    #[test]
    fn the_mode_of_amr_wb_is_in_its_payload() {
        assert_eq!(amr_wb_bit_rate([0xf1, 0x40, 0, 0], false), Some(12_650));
        assert_eq!(amr_wb_bit_rate([0xf0, 0x14, 0, 0], true), Some(12_650));
        assert_eq!(amr_wb_bit_rate([0xf0, 0x4c, 0, 0], true), None, "a silence descriptor");
    }

    #[test]
    fn delay_is_assumed_where_no_round_trip_is_known() {
        assert_eq!(Delay::of(Some(40.0), 20.0, 60.0, 80.0), Delay { ms: 100.0, measured: true });
        assert_eq!(Delay::of(None, 20.0, 60.0, 80.0), Delay { ms: 80.0, measured: false });
    }
}
