//! Takes nothing, gives audits for the tests of the reports, never a judged capture.

use std::collections::BTreeMap;

use crate::audit::{
    AgreedLimits, Audit, BusyHour, CallMix, CapacityReview, CapacityRow, CertificateRow, ClauseRef, CodecCount, Common, ComplianceMatrix,
    ComplianceRow, Coverage, Crowd, Delay, Ending, ExampleCall, Exhibit, Finding, FindingOutcome, FrameRef, Headroom, IncidentView, Intake,
    MediaLoad, MediaRow, MediaSummary, MetricRow, Named, PolicyInfo, Quote, RuleCoverage, Series, Shared, Standing, StreamRow,
    StreamSeries, Subject, TlsCount, TlsUse, Tool, Totals, TransportCounts, UnitRatios, Verdict, WaiverNote,
};
use crate::base::{Anomalies, Anomaly, Time, seconds};
use crate::capture::{CaptureInfo, Compression, Damage, Format};
use crate::metrics::quality;
use crate::policy::Severity;
use crate::rules::Reason;
use crate::transport::TlsTotals;

const START: Time = Time(1_794_650_400_000_000_000);

fn at(s: i64, nanos: i64) -> Time {
    START.plus(seconds(s) + nanos)
}

fn delay(n: u64, mean: f64) -> Delay {
    Delay { n, mean: Some(mean), p50: Some(mean * 0.9), p95: Some(mean * 1.8), p99: Some(mean * 2.5), max: Some(mean * 4.0) }
}

fn exhibit(frame: u32, time: Time, excerpt: &str, mark: Option<(usize, usize)>) -> Exhibit {
    Exhibit {
        capture: "bravo-2026-11-14.pcapng".into(),
        frame,
        time,
        call_id: Some("3c26700d8a7b4c19@198.51.100.34".into()),
        sender: Some("bravo".into()),
        excerpt: excerpt.into(),
        mark: mark.map(|(start, len)| Quote { start, len }),
    }
}

fn row(from: &str, to: &str, attempts: u64) -> MetricRow {
    MetricRow {
        from: from.into(),
        to: to.into(),
        count_unit: "chain",
        attempts,
        censored: 4,
        ser_pct: Some(72.48),
        seer_pct: Some(93.95),
        isa_pct: Some(2.13),
        scr_pct: Some(71.9),
        asr_pct: Some(72.48),
        ner_pct: Some(96.5),
        srd_success_s: delay(748, 1.42),
        srd_failed_s: delay(201, 0.62),
        sdd_ms: delay(731, 18.4),
        sdt_s: delay(731, 96.2),
        aloc_s: Some(96.2),
        pgrd_s: delay(739, 2.1),
        erlangs: Some(19.99),
        peak_concurrent: Some(61),
        peak_cps: Some(7),
        ratios: BTreeMap::from([
            ("ser_pct", [748, 1032]),
            ("seer_pct", [970, 1032]),
            ("isa_pct", [22, 1032]),
            ("scr_pct", [742, 1032]),
            ("asr_pct", [748, 1032]),
            ("ner_pct", [996, 1032]),
        ]),
        min_samples: 50,
        few_samples: attempts < 50,
        other_unit: Some(UnitRatios {
            count_unit: "transaction",
            attempts: attempts + 68,
            ratios: BTreeMap::from([("ser_pct", [748, 1100])]),
        }),
        ..MetricRow::default()
    }
}

fn rule(id: &'static str, name: &'static str, severity: Severity, coverage: Coverage) -> RuleCoverage {
    RuleCoverage { id, name, severity, enabled: true, coverage }
}

fn refer() -> Finding {
    Finding {
        id: "F-0001".into(),
        rule: "SIP-METHOD-001",
        title: "method not permitted",
        severity: Severity::High,
        outcome: FindingOutcome::Violation,
        from: "bravo".into(),
        to: "alpha".into(),
        offender: "bravo".into(),
        subject: Subject { kind: "message", call_id: Some("3c26700d8a7b4c19@198.51.100.34".into()) },
        count: 642,
        calls: CallMix { affected: 214, of: 1032 },
        first_time: at(845, 113_203_007),
        last_time: at(3210, 5_000_000),
        observed: "REFER".into(),
        agreed: "forbidden".into(),
        clause: Some(ClauseRef {
            source: "policy.toml".into(),
            line: Some(88),
            path: "sip.methods.REFER".into(),
            text: Some("REFER = \"forbidden\"".into()),
        }),
        reference: "RFC 6271 App. A.1",
        fix: "remove REFER from the transfer profile of the sending SBC, or agree to it in [sip.methods]",
        waiver: None,
        exhibits: vec![
            exhibit(1482, at(845, 113_203_007), "REFER sip:+4930…@sbc1.alpha.example SIP/2.0", Some((0, 5))),
            exhibit(1519, at(851, 0), "REFER sip:+4930…@sbc1.alpha.example SIP/2.0", Some((0, 5))),
            exhibit(1602, at(870, 0), "REFER sip:+4930…@sbc1.alpha.example SIP/2.0", Some((0, 5))),
        ],
    }
}

/// An audit in which every part has something to show.
pub(crate) fn full() -> Audit {
    let mut anomalies = Anomalies::default();
    anomalies.note_many(Anomaly::TcpHole, 3);
    let mut waived = refer();
    waived.id = "F-0004".into();
    (waived.rule, waived.title, waived.severity) = ("PRV-TOPO-001", "private topology leaked", Severity::Medium);
    waived.outcome = FindingOutcome::Waived;
    waived.observed = "Via: private address".into();
    waived.agreed = "hide = [\"via\"]".into();
    waived.exhibits = vec![exhibit(77, at(90, 0), "Via: SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bK77ef;rport", Some((17, 13)))];
    waived.waiver = Some(WaiverNote {
        id: "W-2".into(),
        reason: "migration of the edge proxies".into(),
        ticket: Some("NOC-4711".into()),
        expires: at(9_000_000, 0),
    });
    let mut limit = refer();
    limit.id = "F-0002".into();
    (limit.rule, limit.title, limit.severity) = ("CAC-CONC-001", "too many concurrent calls", Severity::High);
    limit.subject = Subject { kind: "limit", call_id: None };
    limit.observed = "61 concurrent sessions, 6 excursions".into();
    limit.agreed = "at most 60".into();
    (limit.count, limit.calls) = (6, CallMix { affected: 6, of: 1032 });
    let mut cleared = refer();
    cleared.id = "F-0003".into();
    (cleared.rule, cleared.title, cleared.severity) = ("SIP-HDR-001", "mandatory header missing", Severity::Medium);
    cleared.observed = "Max-Forwards missing".into();
    cleared.agreed = "present in every request".into();
    cleared.clause = None;
    cleared.reference = "RFC 3261 §8.1.1";
    (cleared.count, cleared.calls) = (1, CallMix { affected: 1, of: 1032 });
    cleared.exhibits.truncate(1);
    let minutes = 60;
    let wave = |i: u64, scale: u64| scale * (30 - i.abs_diff(30)) / 30;
    let series = |scale: u64| (0..minutes).map(|i| wave(i, scale)).collect::<Vec<u64>>();
    let outcomes = BTreeMap::from([
        ("answered", series(24)),
        ("busy or refused", series(6)),
        ("no answer", series(4)),
        ("failed", (0..minutes).map(|i| if (20..26).contains(&i) { 9 } else { 1 }).collect()),
        ("timeout", (0..minutes).map(|i| u64::from(i % 9 == 0)).collect()),
        ("censored", (0..minutes).map(|i| u64::from(i > 56) * 2).collect()),
    ]);
    let attempts = (0..minutes as usize).map(|i| outcomes.values().map(|v: &Vec<u64>| v[i]).sum()).collect();
    Audit {
        schema: "speerlint/report/1",
        tool: Tool { name: "speerlint", version: "0.1.0" },
        verdict: Verdict::Fail,
        captures: vec![CaptureInfo {
            path: "bravo-2026-11-14.pcapng".into(),
            format: Format::Pcapng,
            compression: Some(Compression::Gzip),
            link_types: vec!["ETHERNET".into()],
            bytes: 12_345_678,
            frames: 61_728,
            first_time: Some(START),
            last_time: Some(at(3600, 0)),
            truncated: true,
            sha256: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into()),
            damage: vec![Damage { offset: 4096, after_frame: 17, what: "record length 4294967295".into(), resumed_at: Some(9000) }],
            dropped: 12,
            ..CaptureInfo::default()
        }],
        policy: PolicyInfo {
            id: "alpha-bravo".into(),
            title: Some("Interconnect of alpha and bravo".into()),
            revision: 7,
            path: Some("policy.toml".into()),
            sha256: Some("60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".into()),
            profiles: vec!["speermint-baseline@1".into()],
            peers: vec!["alpha".into(), "bravo".into()],
            inferred: false,
            fail_on: Some(Severity::High),
        },
        intake: Intake {
            frames: 61_728,
            undecodable_frames: 2,
            ip_fragments: 8,
            tcp_segments: 812,
            sip_messages: 10_231,
            sip_requests: BTreeMap::from([("INVITE".into(), 1100), ("ACK".into(), 1080), ("BYE".into(), 750), ("REFER".into(), 642)]),
            sip_responses: [("100", 1020), ("180", 800), ("183", 210), ("200", 1600), ("407", 60), ("480", 40), ("486", 180), ("503", 22)]
                .map(|(code, n)| (code.to_owned(), n))
                .into(),
            sip_by_transport: TransportCounts { udp: 9420, tcp: 811, ..TransportCounts::default() },
            sip_malformed: 3,
            sip_retransmissions: 71,
            sip_mirror_duplicates: 0,
            rtp_packets: 48_000,
            rtcp_packets: 310,
            srtp_packets: 0,
            tls: TlsTotals::default(),
            anomalies,
            first_anomalies: [("tcp-hole", FrameRef { capture: "bravo-2026-11-14.pcapng".into(), frame: 318 })].into(),
        },
        totals: Totals {
            dialogs: 760,
            call_ids: 1036,
            attempts: 1032,
            answered: 748,
            failed: 214,
            cancelled: 66,
            censored: 4,
            outcomes: [("200", 748), ("486", 180), ("487", 66), ("503", 22), ("timeout", 12)].map(|(code, n)| (code.to_owned(), n)).into(),
            peak_concurrent: 61,
            streams: 1496,
        },
        trunk_metrics: Vec::new(),
        breakdowns: Vec::new(),
        trunk_breakdowns: Vec::new(),
        metrics: vec![
            row("alpha", "bravo", 1032),
            MetricRow { interval_start: Some(START), interval_s: Some(900), ..row("alpha", "bravo", 260) },
            row("bravo", "alpha", 31),
        ],
        codecs: vec![
            CodecCount {
                from: "alpha".into(),
                to: "bravo".into(),
                codec: "PCMA/8000".into(),
                offered: 1032,
                answered: 740,
                sent_streams: Some(740),
            },
            CodecCount {
                from: "alpha".into(),
                to: "bravo".into(),
                codec: "G729/8000".into(),
                offered: 310,
                answered: 8,
                sent_streams: Some(8),
            },
        ],
        media: media(),
        rules: vec![
            rule("SIP-METHOD-001", "method-not-permitted", Severity::High, Coverage { pass: 9589, violation: 642, ..Coverage::default() }),
            rule(
                "SIP-HDR-001",
                "mandatory-header-missing",
                Severity::Medium,
                Coverage { pass: 10_230, violation: 1, indeterminate: BTreeMap::from([(Reason::Truncated, 4)]), ..Coverage::default() },
            ),
            rule("PRV-TOPO-001", "topology-leaked", Severity::Medium, Coverage { pass: 10_000, waived: 31, ..Coverage::default() }),
            rule(
                "DLG-STATE-001",
                "request-outside-dialog",
                Severity::Medium,
                Coverage { indeterminate: BTreeMap::from([(Reason::Boundary, 12), (Reason::OneWay, 3)]), ..Coverage::default() },
            ),
            rule("MED-CODEC-001", "codec-not-agreed", Severity::High, Coverage { not_applicable: 1032, ..Coverage::default() }),
            RuleCoverage { enabled: false, ..rule("SIP-URI-003", "user-phone", Severity::Low, Coverage::default()) },
        ],
        compliance: compliance(),
        findings: vec![refer(), limit, cleared, waived],
        tls: tls(),
        capacity: capacity(),
        incident: incident(),
        series: Series {
            start: Some(START),
            bucket_s: 60,
            attempts,
            outcomes,
            concurrent: (0..minutes).map(|i| 2 + wave(i, 59)).collect(),
            concurrent_limits: BTreeMap::from([("alpha → bravo".into(), 60.0)]),
        },
    }
}

/// One prefix fails, and little else.
fn incident() -> IncidentView {
    let example = ExampleCall { call_id: "3c26700d8a7b4c19@198.51.100.34".into(), capture: "bravo-2026-11-14.pcapng".into(), frame: 1482 };
    let shared = Shared {
        property: "called prefix",
        value: "+493012".into(),
        bad: 30,
        bad_of: 34,
        good: 70,
        good_of: 748,
        lift: Some(9.43),
        p: 1e-21,
        excess: 26.8,
        example: example.clone(),
    };
    IncidentView {
        good: 748,
        failed: 34,
        left_out: 250,
        poor_mos_below: 3.6,
        poor_loss_above_pct: 3.0,
        poor_agreed: vec![AgreedLimits { mos_below: Some(3.6), loss_above_pct: Some(1.0) }],
        fewest: 3,
        significance: 0.05,
        least_lift: 1.2,
        endings: [("503 Service Unavailable", 22), ("timeout", 12)]
            .map(|(response, calls)| Ending { response: response.into(), calls, example: example.clone() })
            .into(),
        of_failed: Common { compared: 41, values: vec![shared], more: 0 },
        coarse: vec!["called prefix"],
        ..IncidentView::default()
    }
}

/// What became of the rules of [`full`].
fn compliance() -> ComplianceMatrix {
    use Standing::{Broken, Kept, NotApplicable, NotJudged, Waived};
    let both = |from: &str, to: &str| [from.to_owned(), to.to_owned()];
    let row = |rule, standing: [Standing; 3]| ComplianceRow { rule, standing: standing.to_vec() };
    ComplianceMatrix {
        directions: vec![both("alpha", "bravo"), both("bravo", "alpha"), both("*", "*")],
        rules: vec![
            row("SIP-METHOD-001", [Kept, Broken, NotApplicable]),
            row("SIP-HDR-001", [Standing::KeptInPart, Broken, NotApplicable]),
            row("PRV-TOPO-001", [Kept, Waived, NotApplicable]),
            row("DLG-STATE-001", [NotJudged, NotJudged, NotApplicable]),
        ],
    }
}

/// Two codecs one way and one the other, with a bad stream among them.
fn media() -> MediaSummary {
    let spread = |n, p50, p95, max| Delay { n, mean: Some(p50), p50: Some(p50), p95: Some(p95), p99: Some(max), max: Some(max) };
    let row = |from: &str, to: &str, codec: &str, streams: u64, lost: u64| MediaRow {
        from: from.into(),
        to: to.into(),
        codec: codec.into(),
        streams,
        packets: streams * 1_500,
        expected: streams * 1_500 + lost,
        lost,
        loss_pct: spread(streams, 0.0, 0.4, 6.1),
        jitter_ms: spread(streams, 0.8, 4.2, 31.0),
        mos: spread(streams, 4.37, 4.2, 3.1),
        loss_classes: vec![streams - streams / 4 - 1, streams / 8, streams / 8, 0, 0, 0, 1, 0],
        jitter_classes: vec![streams / 2, streams / 4, streams - streams / 2 - streams / 4 - 1, 0, 0, 0, 1, 0],
        mos_classes: vec![0, 0, 1, streams / 8, streams / 8, streams - 2 * (streams / 8) - 1],
        ..MediaRow::default()
    };
    let worst = StreamRow {
        from: "bravo".into(),
        to: "alpha".into(),
        call_id: Some("a84b4c76e66710@bravo.example".into()),
        side: Some("callee"),
        line: Some(1),
        bound_by: Some("both ends"),
        source: "198.51.100.70:5000".into(),
        destination: "192.0.2.70:4000".into(),
        ssrc: Some("0x5ec0ffee".into()),
        begun: START,
        ended: Time(START.0 + 60_000_000_000),
        seconds: 60.0,
        frame: 1_990,
        codec: "PCMA/8000".into(),
        packets: 2_820,
        expected: Some(3_000),
        lost: Some(180),
        loss_pct: Some(6.0),
        kind: "RTP",
        jitter_mean_ms: Some(7.3),
        jitter_max_ms: Some(31.0),
        mos: Some(3.1),
        mos_scale: Some("narrowband"),
        digits: Some(4),
        digits_total_ms: Some(440.0),
        digits_mean_ms: Some(110.0),
        digits_duplicates: Some(1),
        digits_unended: Some(0),
        series: Some(StreamSeries {
            start: START,
            width_s: 5.0,
            packets: vec![250, 250, 250, 170, 150, 250, 250, 250, 250, 250, 250, 250],
            lost: vec![0, 0, 0, 80, 100, 0, 0, 0, 0, 0, 0, 0],
            jitter_ms: vec![0.4, 0.5, 6.0, 31.0, 28.0, 9.0, 3.0, 1.0, 0.6, 0.5, 0.5, 0.5],
        }),
        ..StreamRow::default()
    };
    MediaSummary {
        beside: Vec::new(),
        bound: 1_496,
        strays: 2,
        directions: vec![
            row("alpha", "bravo", "G729/8000", 8, 0),
            row("alpha", "bravo", "PCMA/8000", 740, 120),
            row("bravo", "alpha", "PCMA/8000", 748, 4_012),
        ],
        loss_classes_pct: quality::LOSS.to_vec(),
        jitter_classes_ms: quality::JITTER.to_vec(),
        mos_classes: quality::MOS.to_vec(),
        worst: vec![worst],
    }
}

/// The audit of a capture without any SIP, with no policy.
/// An hour of one direction, beyond one of its limits.
fn capacity() -> CapacityReview {
    let busy = BusyHour {
        start: at(0, 0),
        covered_s: 3600.0,
        attempts: 900,
        answered: 700,
        erlangs: Some(20.5),
        erlangs_attempted: Some(25.0),
        circuits: Some(36),
    };
    let row = CapacityRow {
        kind: "direction",
        name: "alpha → bravo".into(),
        attempts: 1032,
        answered: 748,
        confirmed: Crowd {
            peak: 61,
            peak_at: Some(at(60, 0)),
            peak_calls: vec![Named { call_id: "a".into(), capture: "a.pcap".into(), frame: 7 }],
            ..Crowd::default()
        },
        busy_hour: Some(busy),
        ..CapacityRow::default()
    };
    let limit = Headroom {
        id: "cps".into(),
        kind: "attempts",
        scope: Some("alpha → bravo".into()),
        limit: 40.0,
        peak: Some(43.0),
        headroom: Some(-3.0),
        used_pct: Some(107.5),
        excursions: 1,
        beyond: 3,
        beyond_admitted: Some(1),
        beyond_refused: Some(2),
        ..Headroom::default()
    };
    let media = MediaLoad {
        kind: "direction",
        name: "alpha → bravo".into(),
        codec: "PCMA/8000".into(),
        bin_s: 1,
        peak_kbps: 80.0,
        ..MediaLoad::default()
    };
    CapacityReview {
        seconds: 3600.0,
        blocking: 0.01,
        load: vec![row],
        media: vec![media],
        limits: vec![limit],
        ..CapacityReview::default()
    }
}

pub(crate) fn empty() -> Audit {
    Audit {
        schema: "speerlint/report/1",
        tool: Tool { name: "speerlint", version: "0.1.0" },
        verdict: Verdict::Inconclusive,
        captures: vec![CaptureInfo { path: "quiet.pcap".into(), ..CaptureInfo::default() }],
        policy: PolicyInfo {
            id: "speermint-baseline".into(),
            profiles: vec!["speermint-baseline@1".into()],
            inferred: true,
            ..PolicyInfo::default()
        },
        intake: Intake::default(),
        totals: Totals::default(),
        metrics: Vec::new(),
        trunk_metrics: Vec::new(),
        breakdowns: Vec::new(),
        trunk_breakdowns: Vec::new(),
        codecs: Vec::new(),
        media: MediaSummary::default(),
        rules: vec![rule("SIP-METHOD-001", "method-not-permitted", Severity::High, Coverage::default())],
        compliance: ComplianceMatrix::default(),
        findings: Vec::new(),
        tls: TlsUse::default(),
        series: Series::default(),
        capacity: CapacityReview::default(),
        incident: IncidentView::default(),
    }
}

/// What an attacker would write into every text that a report shows.
pub(crate) const HOSTILE: &str =
    "=cmd|'/C calc'!A0\x1b[2J\x1b]0;pwned\x07\u{202e}<script>alert(1)</script>\" onload=\"x\r\n\u{9b}31m&amp;東京";

/// An audit in which every text that came from outside is hostile.
pub(crate) fn hostile() -> Audit {
    let text = || HOSTILE.to_owned();
    let mut audit = full();
    audit.policy.id = text();
    audit.policy.title = Some(text());
    audit.policy.path = Some(text());
    audit.policy.peers = vec![text(), text()];
    audit.intake.sip_requests.insert(text(), 1);
    audit.intake.sip_responses.insert(text(), 1);
    audit.totals.outcomes.insert(text(), 1);
    audit.series.concurrent_limits.insert(text(), 61.0);
    for certificate in &mut audit.tls.certificates {
        (certificate.owner, certificate.to, certificate.subject, certificate.issuer) = (text(), text(), text(), text());
        (certificate.names, certificate.key) = (Some(text()), text());
    }
    for capture in &mut audit.captures {
        capture.path = text().into();
        capture.link_types = vec![text()];
        capture.damage.iter_mut().for_each(|d| d.what = text());
    }
    audit.compliance.directions = vec![[text(), text()], [text(), text()], [text(), text()]];
    for shared in &mut audit.incident.of_failed.values {
        (shared.value, shared.example.call_id, shared.example.capture) = (text(), text(), text());
    }
    audit.incident.endings.iter_mut().for_each(|e| e.response = text());
    for row in &mut audit.metrics {
        (row.from, row.to) = (text(), text());
    }
    for codec in &mut audit.codecs {
        (codec.from, codec.to, codec.codec) = (text(), text(), text());
    }
    for row in &mut audit.media.directions {
        (row.from, row.to, row.codec) = (text(), text(), text());
    }
    for stream in &mut audit.media.worst {
        (stream.from, stream.to, stream.codec, stream.call_id) = (text(), text(), text(), Some(text()));
    }
    for finding in &mut audit.findings {
        (finding.from, finding.to, finding.offender) = (text(), text(), text());
        (finding.observed, finding.agreed) = (text(), text());
        finding.subject.call_id = Some(text());
        finding.clause = Some(ClauseRef { source: text(), line: Some(1), path: text(), text: Some(text()) });
        if let Some(waiver) = &mut finding.waiver {
            (waiver.id, waiver.reason, waiver.ticket) = (text(), text(), Some(text()));
        }
        for exhibit in &mut finding.exhibits {
            exhibit.capture = text();
            exhibit.call_id = Some(text());
            exhibit.sender = Some(text());
            exhibit.excerpt = text().repeat(50);
        }
    }
    audit
}

fn tls() -> TlsUse {
    let count = |name: &str, connections| TlsCount { name: name.into(), connections };
    TlsUse {
        connections: 14,
        established: 12,
        resumed: 3,
        other_connections: 1,
        versions: vec![count("TLS 1.2", 12), count("TLS 1.3", 1)],
        suites: vec![count("TLS_RSA_WITH_AES_128_CBC_SHA (0x002f)", 12), count("TLS_AES_128_GCM_SHA256 (0x1301)", 1)],
        certificates: vec![CertificateRow {
            owner: "bravo".into(),
            to: "alpha".into(),
            role: "server",
            subject: "C=GB, O=Bravo <Voice>, CN=edge.bravo.example".into(),
            issuer: "CN=Peering CA".into(),
            names: Some("URI:sip:bravo.example, DNS:edge.bravo.example".into()),
            key: "EC 256".into(),
            not_before: at(-86_400 * 300, 0),
            not_after: at(86_400 * 10, 0),
            sha256: "06793a659d23ee94133d627b294294ba95f1dee0fdea80ab8fb388cc89be3fbd".into(),
            trusted: Some(true),
            handshakes: 12,
        }],
    }
}
