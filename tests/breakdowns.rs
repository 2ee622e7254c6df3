//! Takes captures, gives a failure where the parts of a breakdown are not those of its direction or not what tshark sees, never a metric.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use made::calls::{ALPHA, BRAVO, Call, capture};
use made::program::{PEERS, answer};
use made::{Case, Frame, oracle, udp};
use serde_json::{Value, json};
use speerlint::metrics::Dimension;
use speerlint::pipeline::Request;

fn report(case: &Case) -> Value {
    let (inputs, policy) = (vec![case.capture.clone()], case.policy.clone());
    answer(&Request { inputs, policy, breakdown: Dimension::ALL.to_vec(), breakdown_intervals: true, ..Request::default() })
}

fn on(frames: &[Frame], more: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, format!("{PEERS}{more}")).unwrap();
    report(&Case { capture: made::write(folder.path(), "made.pcap", frames), policy: Some(policy) })
}

/// The rows of one dimension over the whole capture.
fn rows<'a>(report: &'a Value, dimension: &str) -> impl Iterator<Item = &'a Value> {
    rows_of(report, "breakdowns").filter(move |row| row["dimension"] == dimension && row["interval_start"].is_null())
}

fn rows_of<'a>(report: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    report[key].as_array().into_iter().flatten()
}

/// Attempts of each value, those left open among them.
fn sessions(report: &Value, dimension: &str) -> BTreeMap<String, u64> {
    let mut sessions = BTreeMap::new();
    for row in rows(report, dimension) {
        let number = |key: &str| row[key].as_u64().unwrap();
        *sessions.entry(row["value"].as_str().unwrap().to_owned()).or_default() += number("attempts") + number("censored");
    }
    sessions
}

fn counts<const N: usize>(of: [(&str, u64); N]) -> BTreeMap<String, u64> {
    of.into_iter().map(|(value, n)| (value.to_owned(), n)).collect()
}

/// What adds up: attempts, numerators and denominators in both units, samples of every delay, and their sums.
fn sums<'a>(rows: impl Iterator<Item = &'a Value>) -> BTreeMap<String, f64> {
    fn add(sums: &mut BTreeMap<String, f64>, row: &Value, unit: &str) {
        *sums.entry(format!("{unit} attempts")).or_default() += row["attempts"].as_f64().unwrap();
        for (ratio, parts) in row["ratios"].as_object().unwrap().iter().filter(|(name, _)| *name != "ira_pct") {
            for (part, n) in ["numerator", "denominator"].iter().zip(parts.as_array().unwrap()) {
                *sums.entry(format!("{unit} {ratio} {part}")).or_default() += n.as_f64().unwrap();
            }
        }
    }
    let mut sums = BTreeMap::new();
    for row in rows {
        add(&mut sums, row, "own");
        if row["interval_start"].is_null() {
            add(&mut sums, &row["other_unit"], "other");
        }
        *sums.entry("censored".into()).or_default() += row["censored"].as_f64().unwrap();
        for delay in ["srd_success_s", "srd_failed_s", "srd_per_dialog_s", "sdd_ms", "sdd_failed_ms", "sdt_s", "sdt_failed_s", "pgrd_s"] {
            let (n, mean) = (row[delay]["n"].as_f64().unwrap(), row[delay]["mean"].as_f64().unwrap_or(0.0));
            *sums.entry(format!("{delay} samples")).or_default() += n;
            *sums.entry(format!("{delay} sum")).or_default() += n * mean;
        }
    }
    sums
}

#[track_caller]
fn adds_up(report: &Value, shown: &Path) -> u64 {
    let of = |whole: &'static str, parts: &'static str| rows_of(report, whole).map(move |row| (row, parts));
    let mut sessions = 0;
    for (row, parts) in of("metrics", "breakdowns").chain(of("trunk_metrics", "trunk_breakdowns")) {
        let wanted = sums([row].into_iter());
        if wanted["own attempts"] + wanted["censored"] == 0.0 {
            continue; // Registrations only: they are in no breakdown.
        }
        sessions += 1;
        for dimension in Dimension::ALL {
            let same = ["from", "to", "trunk", "interval_start", "interval_s"];
            let is_part = |part: &&Value| part["dimension"] == dimension.name() && same.iter().all(|key| part[key] == row[key]);
            let got = sums(rows_of(report, parts).filter(is_part));
            for (name, wanted) in &wanted {
                let got = got.get(name).copied().unwrap_or(f64::NAN);
                assert!(
                    (got - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
                    "{}, {dimension:?}: {name} is {got}, not {wanted}",
                    shown.display()
                );
            }
        }
    }
    sessions
}

#[test]
fn the_values_of_a_direction_sum_up_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut directions = 0;
    for case in made::samples().into_iter().chain(made::mixtures(folder.path())) {
        let report = report(&case);
        directions += if report["breakdowns"].is_null() { 0 } else { adds_up(&report, &case.capture) };
    }
    assert!(directions > 60, "{directions}");
}

#[test]
fn oracle_m_by_each_dimension() {
    let report = on(&oracle::m(), "");
    adds_up(&report, Path::new("oracle M"));
    // M1 to M13 of `standards.md` §8.3.1: M9 ends with its 302, M13 is left open.
    let codes =
        [("200", 4), ("302", 1), ("408", 1), ("480", 1), ("486", 1), ("487", 1), ("503", 1), ("603", 1), ("timeout", 1), ("unknown", 1)];
    assert_eq!(sessions(&report, "response-code"), counts(codes));
    assert_eq!(sessions(&report, "sbe-pair"), counts([("alpha-sbe → bravo-sbe", 13)]));
    assert_eq!(sessions(&report, "domain"), counts([("alpha.example → bravo.example", 13)]));
    assert_eq!(sessions(&report, "prefix"), counts([("+442055", 13)]));
    assert_eq!(sessions(&report, "codec"), counts([("PCMA/8000", 13)]));
    let row = |value: &str| rows(&report, "response-code").find(|row| row["value"] == value).unwrap();
    // The mean of the failed delays is that of M4, M5, M7, M8, M10 and M12: one of them each.
    for (code, delay) in [("480", 2.5), ("503", 1.0), ("487", 1.0), ("486", 0.8), ("408", 32.0), ("603", 1.5)] {
        assert_eq!((&row(code)["srd_failed_s"]["n"], row(code)["srd_failed_s"]["p50"].as_f64()), (&json!(1), Some(delay)), "{code}");
    }
    assert_eq!((&row("302")["ratios"]["ser_pct"], &row("302")["ser_pct"]), (&json!([0, 0]), &Value::Null));
    assert_eq!(
        (&row("unknown")["value_kind"], &row("unknown")["attempts"], &row("unknown")["censored"]),
        (&json!("unknown"), &json!(0), &json!(1))
    );
    assert!(row("200")["few_samples"] == true && row("200")["min_samples"] == 50);
    // Nothing that nobody asked for.
    assert!(made::program::judged(&oracle::m(), "")["breakdowns"].is_null());
}

#[test]
fn trunk_groups_and_intervals_are_broken_down_as_directions_are() {
    let call = |n: u32, at: f64, number: &str, code: u16| {
        let mut call = Call::new(&format!("call {n}").replace(' ', "-"));
        call.target = format!("{number}@bravo.example");
        call.invite(at).answer(at + 0.5, code);
        call
    };
    // Two minutes of a trunk group by called numbers, and what is in none.
    let calls = vec![
        call(1, 1.0, "+4420555001", 486),
        call(2, 2.0, "+4420555002", 503),
        call(3, 3.0, "+4930555003", 486),
        call(4, 70.0, "+4420777004", 486),
        call(5, 71.0, "+4930555005", 603),
    ];
    let trunk = "[[peer.trunk_group]]\n  id = \"london\"\n  match = { called_prefixes = [\"+4420\"] }\n";
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    let peers = PEERS.replace("[[peer]]\nid = \"bravo\"", &format!("{trunk}[[peer]]\nid = \"bravo\""));
    fs::write(&policy, format!("{peers}[performance]\ninterval_s = 60\n")).unwrap();
    let capture = made::write(folder.path(), "made.pcap", &capture(calls, 120.0));
    let all = report(&Case { capture: capture.clone(), policy: Some(policy.clone()) });
    assert_eq!(adds_up(&all, &capture), 6, "a direction and a trunk group, each whole and in two intervals");
    let said = |key: &str, dimension: &str| {
        let of = |row: &Value| format!("{} {}", row["value"].as_str().unwrap(), row["attempts"]);
        let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows_of(&all, key).filter(|row| row["dimension"] == dimension) {
            said.entry(row["interval_start"].as_str().map_or("whole", |start| &start[11..16]).to_owned()).or_default().push(of(row));
        }
        said.into_values().collect::<Vec<_>>()
    };
    assert_eq!(
        said("breakdowns", "prefix"),
        [vec!["+442055 2", "+493055 1"], vec!["+442077 1", "+493055 1"], vec!["+442055 2", "+493055 2", "+442077 1"]]
    );
    assert_eq!(said("trunk_breakdowns", "prefix"), [vec!["+442055 2"], vec!["+442077 1"], vec!["+442055 2", "+442077 1"]]);
    assert_eq!(said("trunk_breakdowns", "response-code"), [vec!["486 1", "503 1"], vec!["486 1"], vec!["486 2", "503 1"]]);
    assert!(rows_of(&all, "trunk_breakdowns").all(|row| row["trunk"] == "london" && row["erlangs"].is_null()));
    // Intervals are in no report that does not ask for them.
    let request =
        Request { inputs: vec![capture.clone()], policy: Some(policy.clone()), breakdown: Dimension::ALL.to_vec(), ..Request::default() };
    let whole = answer(&request);
    for key in ["breakdowns", "trunk_breakdowns"] {
        let wanted: Vec<&Value> = rows_of(&all, key).filter(|row| row["interval_start"].is_null()).collect();
        assert!(!wanted.is_empty() && rows_of(&whole, key).eq(wanted), "{key}");
    }
    // The page has them folded; the text says that it has.
    let out = folder.path().join("report");
    let mut command = Command::new(env!("CARGO_BIN_EXE_speerlint"));
    command
        .arg("audit")
        .arg(&capture)
        .arg("--policy")
        .arg(&policy)
        .args(["--breakdown", "prefix", "--breakdown-intervals", "--out"])
        .arg(&out);
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Trunk groups and intervals by this: in report.html, report.json and the metrics tables."), "{text}");
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    for what in ["By", "Each trunk group by", "Each interval by"] {
        assert!(page.contains(&format!("<summary>{what} first digits of the called number</summary>")), "{what}");
    }
    let rows = page.matches("<td class=\"text\">london, ").count();
    assert!(
        page.contains("<td class=\"text\">london, +442055</td>") && page.contains(" + 60 s, +442077</td>"),
        "{rows} rows of trunk groups"
    );
    assert_eq!(rows, 4, "two values whole, and each in its interval");
}

#[test]
fn what_an_invite_does_not_tell_is_a_value_of_its_own() {
    let mut late = Call::new("late");
    late.sdp = String::new();
    late.invite(1.0).answer(2.0, 486);
    let mut number = Call::new("number");
    number.target = "alice@bravo.example".into();
    number.invite(3.0).answer(4.0, 486);
    let report = on(&capture(vec![late, number], 60.0), "");
    assert_eq!(sessions(&report, "codec"), counts([("PCMA/8000", 1), ("unknown", 1)]));
    assert_eq!(sessions(&report, "prefix"), counts([("+442055", 1), ("unknown", 1)]));
}

#[test]
fn a_caller_who_invents_domains_hides_none_that_was_agreed() {
    let attempt = |n: u64, domain: &str| {
        let at = 1.0 + 0.01 * n as f64;
        let head = |via: [u8; 4]| {
            format!(
                "Via: SIP/2.0/UDP {}.{}.{}.{}:5060;branch=z9hG4bK-{n}\r\nFrom: <sip:+4930111@{domain}>;tag=a\r\nCall-ID: {n}@x\r\nCSeq: 1 INVITE\r\n",
                via[0], via[1], via[2], via[3]
            )
        };
        let (head, to) = (head(ALPHA.0.octets()), "sip:+4420555000@bravo.example");
        let invite = format!("INVITE {to} SIP/2.0\r\n{head}To: <{to}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
        let refusal = format!("SIP/2.0 486 Busy Here\r\n{head}To: <{to}>;tag=b\r\nContent-Length: 0\r\n\r\n");
        [udp(at, ALPHA, BRAVO, invite.as_bytes()), udp(at + 0.001, BRAVO, ALPHA, refusal.as_bytes())]
    };
    let attempts = (0..5_000).flat_map(|n| attempt(n, &if n % 50 == 0 { "alpha.example".to_owned() } else { format!("d{n}.example") }));
    let report = on(&attempts.collect::<Vec<_>>(), "");
    adds_up(&report, Path::new("invented domains"));
    let of = sessions(&report, "domain");
    // 4,096 values have tallies of their own: the agreed one, and 4,095 of the 4,900 that were invented.
    assert_eq!((of.len(), of["alpha.example → bravo.example"], of["other"]), (4_097, 100, 805));
    let other = rows(&report, "domain").find(|row| row["value_kind"] == "other").unwrap();
    assert_eq!(other["gathered"], 805);
}

/// Fields of tshark, a line a frame.
fn tshark(capture: &Path, filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-2", "-T", "fields", "-E", "occurrence=f", "-Y", filter, "-r"]).arg(capture);
    let output = command.args(fields.iter().flat_map(|field| ["-e", field])).output().expect("tshark is needed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// What tshark calls the static payload types of these samples (RFC 3551 §6); `sdp.mime.type` is that of the first a=rtpmap, which need not be first.
fn codec(format: &str) -> &str {
    match format {
        "ITU-T G.711 PCMU" => "PCMU/8000",
        "ITU-T G.711 PCMA" => "PCMA/8000",
        "ITU-T G.729" => "G729/8000",
        other => other,
    }
}

#[test]
#[ignore = "needs tshark"]
fn tshark_sees_the_same_values() {
    for name in ["first-look", "failures", "tcp-trunk", "media-faults", "srtp"] {
        let folder = Path::new("samples").join(name);
        let case = made::samples().into_iter().find(|case| case.capture.starts_with(&folder)).unwrap();
        let report = report(&case);
        let fields = ["sip.Call-ID", "sip.from.host", "sip.to.host", "sip.r-uri.user", "sdp.media.format"];
        let mut first: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for frame in tshark(&case.capture, "sip.Method == \"INVITE\" && !sip.to.tag", &fields) {
            first.entry(frame[0].clone()).or_insert(frame);
        }
        let mut last: BTreeMap<String, String> = BTreeMap::new();
        for frame in tshark(&case.capture, "sip.CSeq.method == \"INVITE\" && sip.Status-Code >= 200", &["sip.Call-ID", "sip.Status-Code"]) {
            // Those of an INVITE inside its dialog say nothing of how the call began: the first answer stays.
            last.entry(frame[0].clone())
                .and_modify(|code| {
                    if !code.starts_with('2') {
                        code.clone_from(&frame[1])
                    }
                })
                .or_insert(frame[1].clone());
        }
        let count = |of: &dyn Fn(&Vec<String>) -> String| {
            let mut count: BTreeMap<String, u64> = BTreeMap::new();
            first.values().for_each(|frame| *count.entry(of(frame)).or_default() += 1);
            count
        };
        assert!(first.len() > 1, "{name}");
        assert_eq!(sessions(&report, "domain"), count(&|f| format!("{} → {}", f[1], f[2])), "{name}");
        assert_eq!(sessions(&report, "prefix"), count(&|f| f[3].chars().take(7).collect()), "{name}");
        assert_eq!(sessions(&report, "codec"), count(&|f| codec(&f[4]).to_owned()), "{name}");
        let ended =
            sessions(&report, "response-code").into_iter().filter(|(code, _)| code.parse::<u16>().is_ok()).collect::<BTreeMap<_, _>>();
        let mut answered: BTreeMap<String, u64> = BTreeMap::new();
        first.keys().filter_map(|id| last.get(id)).for_each(|code| *answered.entry(code.clone()).or_default() += 1);
        assert_eq!(ended, answered, "{name}");
    }
}

#[test]
fn every_report_shows_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let mut command = Command::new(env!("CARGO_BIN_EXE_speerlint"));
    command.args(["audit", "samples/first-look/capture.pcap", "--policy", "samples/first-look/policy.toml", "--breakdown", "codec,domain"]);
    let output = command.args(["--breakdown", "sbe-pair", "--out"]).arg(&out).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    for words in ["By codec that the INVITE offers first", "By domains of From and To", "By border elements of the first INVITE"] {
        assert!(text.contains(words) && page.contains(&format!("<summary>{words}</summary>")), "{words}: {text}");
    }
    assert!(text.contains("\nbravo → alpha\n  G729/8000") && page.contains("G729/8000") && !text.contains("By final response"), "{text}");
    assert!(text.contains("\n  ims.bravo.example → alpha.example\n") && text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let mut reader = csv::Reader::from_path(out.join("metrics.csv")).unwrap();
    let head = reader.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let mut found = Vec::new();
    for row in reader.records().map(Result::unwrap).filter(|row| &row[at("dimension")] == "domain") {
        found.push(["from", "value", "value_kind", "attempts", "gathered"].map(|name| row[at(name)].to_owned()));
    }
    let wanted =
        [["alpha", "alpha.example → bravo.example", "value", "3", ""], ["bravo", "ims.bravo.example → alpha.example", "value", "5", ""]];
    assert_eq!(found, wanted);
    let alone = Command::new(env!("CARGO_BIN_EXE_speerlint")).args(["audit", "x.pcap", "--breakdown-intervals"]).output().unwrap();
    assert!(alone.status.code() == Some(2) && String::from_utf8_lossy(&alone.stderr).contains("--breakdown <DIMENSION>"));
    let mistaken = Command::new(env!("CARGO_BIN_EXE_speerlint")).args(["audit", "x.pcap", "--breakdown", "carrier"]).output().unwrap();
    assert!(mistaken.status.code() == Some(2) && String::from_utf8_lossy(&mistaken.stderr).contains("response-code"));
}
