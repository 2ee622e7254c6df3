//! One wrong line each, and what is said of it.

use proptest::prelude::*;

use super::{EXAMPLE, load, parse};

/// A valid policy that the mistakes are put into.
const GOOD: &str = r#"schema = 1
[policy]
id = "x"
[[peer]]
id = "alpha"
sbe = [{ name = "sbe-a", addresses = ["192.0.2.0/28"] }]
trunk_group = [{ id = "retail", match = { sbe = "sbe-a" } }]
[[peer]]
id = "bravo"
sbe = [{ name = "sbe-b", addresses = ["198.51.100.0/28"] }]
dbe = [{ name = "dbe-b", addresses = ["198.51.100.64/26"], ports = "2000-2999" }]
"#;

/// What stands after the line that `wrong` begins in, in a policy that ends with it: the place, the carets and the help of each.
fn complaints(wrong: &str) -> Vec<(String, String, String)> {
    let report = parse(&format!("{GOOD}{wrong}")).expect_err(wrong);
    let told: Vec<&str> = report.split("\n\n").filter(|part| part.contains("error:")).collect();
    let told = told.into_iter().map(|part| {
        // Wrapped lines are one line again.
        let what = part.split_once("error: ").unwrap().1.split_once(",-[").unwrap().0;
        let what = what.lines().map(|l| l.trim().trim_start_matches("| ")).collect::<Vec<_>>().join(" ");
        let caret = part.lines().zip(part.lines().skip(1)).find(|(_, line)| line.trim_start().starts_with(": ") && line.contains('^'));
        let (line, carets) = caret.unwrap();
        let under: String = line.chars().zip(carets.chars()).filter(|(_, caret)| *caret == '^').map(|(c, _)| c).collect();
        let help = part.split_once("help: ").map_or("", |(_, help)| help).lines().map(str::trim).collect::<Vec<_>>().join(" ");
        (what.trim().to_owned(), under, help)
    });
    told.collect()
}

#[test]
fn the_frame_of_these_tests_is_right() {
    load(GOOD);
}

#[test]
fn each_mistake_has_its_place_and_a_way_out() {
    // (wrong lines, what is said, what the carets stand under, what the help begins with)
    let table = [
        // Keys.
        ("[sip.metods]", "unknown key `metods` in [sip]", "metods", "did you mean `methods`?"),
        ("[sip]\nlate_offer = \"forbidden\"", "unknown key `late_offer` in [sip]", "late_offer", "`late_offer` belongs in [sip.dialog]"),
        (
            "[[direction]]\nfrom = \"alpha\"\nto = \"bravo\"\nsip.uri.scheme = []",
            "unknown key `scheme` in [sip.uri]",
            "scheme",
            "did you mean `schemes`?",
        ),
        // Words and levels.
        ("[sip.methods]\nBYE = \"requird\"", "`sip.methods.BYE` cannot be \"requird\"", "\"requird\"", "did you mean \"required\"?"),
        ("[policy2]", "unknown key `policy2`", "policy2", "did you mean `policy`?"),
        ("[sip.methods]\nINVTE = \"required\"", "`sip.methods` takes a SIP method, found \"INVTE\"", "INVTE", "did you mean \"INVITE\"?"),
        (
            "[sip.methods]\ninvite = \"required\"",
            "`sip.methods` takes a SIP method, found \"invite\"",
            "invite",
            "did you mean \"INVITE\"?",
        ),
        (
            "[sip.transport.levels]\ntsl = \"required\"",
            "`sip.transport.levels` takes a transport: udp, tcp, tls, sctp, tls-sctp, ws or wss, found \"tsl\"",
            "tsl",
            "did you mean \"tls\"?",
        ),
        (
            "[sip.responses.levels]\n7xx = \"forbidden\"",
            "`sip.responses.levels` takes a status code or a class of codes, found \"7xx\"",
            "7xx",
            "",
        ),
        (
            "[sip.responses.levels]\n3XX = \"forbidden\"",
            "`sip.responses.levels` takes a status code or a class of codes, found \"3XX\"",
            "3XX",
            "did you mean \"3xx\"?",
        ),
        // Types and ranges.
        (
            "[sip.timers]\nt1_ms = \"500\"",
            "`sip.timers.t1_ms` takes a whole number from 1 to 60000, found a string",
            "\"500\"",
            "write 500 without quotes",
        ),
        ("[sip.timers]\nt1_ms = 0", "`sip.timers.t1_ms` must be from 1 to 60000", "0", ""),
        (
            "[performance]\nmin_samples = 99999999999999999999",
            "`performance.min_samples` must be from 1 to 4294967295",
            "99999999999999999999",
            "",
        ),
        ("[performance.signaling]\nser_pct = 101.0", "`performance.signaling.ser_pct` must be from 0 to 100", "101.0", ""),
        ("[performance.signaling]\nser_pct = nan", "`performance.signaling.ser_pct` must be from 0 to 100", "nan", ""),
        (
            "[identity]\ntrust = \"yes\"",
            "`identity.trust` takes true or false, found a string",
            "\"yes\"",
            "write true or false without quotes",
        ),
        ("[sip]\nevent_packages = \"reg\"", "`sip.event_packages` takes an array, found a string", "\"reg\"", "write [\"reg\"]"),
        (
            "[waiver]\nid = \"W\"",
            "`waiver` is an array of tables, found a table",
            "[waiver]",
            "an entry of an array of tables is written [[waiver]]",
        ),
        // Addresses, ports, expressions, dates.
        (
            "[privacy]\ninternal_cidrs = [\"10.0.0.0/33\"]",
            "`privacy.internal_cidrs` takes an address prefix, found \"10.0.0.0/33\"",
            "\"10.0.0.0/33\"",
            "for example",
        ),
        (
            "[privacy]\ninternal_cidrs = [\"10.1.2.3/8\"]",
            "`privacy.internal_cidrs` takes an address prefix, found \"10.1.2.3/8\"",
            "\"10.1.2.3/8\"",
            "did you mean \"10.0.0.0/8\"?",
        ),
        (
            "[[peer]]\nid = \"c\"\ndbe = [{ name = \"d\", addresses = [], ports = \"3000-2000\" }]",
            "`peer.dbe.ports` takes a range of ports, the lower first, found \"3000-2000\"",
            "\"3000-2000\"",
            "did you mean \"2000-3000\"?",
        ),
        (
            "[[peer]]\nid = \"c\"\nsbe = [{ name = \"d\", addresses = [], ports = { tls = [65536] } }]",
            "`peer.sbe.ports.tls` must be from 1 to 65535",
            "65536",
            "",
        ),
        (
            "[[sip.header]]\nname = \"X-A\"\nlevel = \"required\"\npattern = '(a'",
            "`sip.header.pattern` takes a regular expression, found \"(a\": unclosed group",
            "'(a'",
            "for example",
        ),
        (
            "[[sip.header]]\nname = \"X-A\"\nlevel = \"required\"\npattern = '\\w{9999}'",
            "`sip.header.pattern` takes a regular expression, found \"\\w{9999}\": it repeats too much",
            "'\\w{9999}'",
            "for example",
        ),
        (
            "[[sip.header]]\nname = \"X-A\"\nlevel = \"required\"\npattern = 'a)|(b'",
            "`sip.header.pattern` takes a regular expression, found \"a)|(b\": unopened group",
            "'a)|(b'",
            "for example",
        ),
        (
            "policy.effective_from = 2026-02-30T00:00:00Z",
            "this is not TOML: invalid date, expected day between 01 and 28",
            "2026-02-30T00:00:00Z",
            "",
        ),
        (
            "[[waiver]]\nid = \"W\"\nrules = [\"PRF-*\"]\nreason = \"r\"\nexpires = 2026-02-01",
            "`waiver.expires` takes a date with time and offset",
            "2026-02-01",
            "for example 2026-02-01T00:00:00Z",
        ),
        (
            "[[waiver]]\nid = \"W\"\nrules = [\"PRF-*\"]\nreason = \"r\"\nexpires = \"2026-02-01\"",
            "`waiver.expires` takes a date, found a string",
            "\"2026-02-01\"",
            "write the date without quotes",
        ),
        (
            "[connectivity]\ndscp = { audio = [\"af44\"] }",
            "`connectivity.dscp.audio` takes a DSCP: cs0 to cs7, af11 to af43, ef, voice-admit, or 0 to 63, found \"af44\"",
            "\"af44\"",
            "for example \"ef\"",
        ),
        // What entries need.
        (
            "[[admission.limit]]\nid = \"c\"\nkind = \"concurrent\"\nscope = \"direction\"",
            "`admission.limit.value` is missing: the limit",
            "[[admission.limit]]",
            "",
        ),
        (
            "[[admission.limit]]\nid = \"c\"\nkind = \"concurrent\"\nscope = \"direction\"\nvalue = 0",
            "`admission.limit.value` must be above zero",
            "0",
            "",
        ),
        (
            "[[admission.limit]]\nid = \"c\"\nkind = \"attempts\"\nscope = \"direction\"\nvalue = 5",
            "a limit of a rate needs `window_s`",
            "\"c\"",
            "for example window_s = 1",
        ),
        (
            "[[admission.limit]]\nid = \"c\"\nkind = \"concurrent\"\nscope = \"source\"\nvalue = 5",
            "a limit with scope \"source\" needs `key`",
            "\"c\"",
            "key is one of",
        ),
        (
            "[[media.audio.codec]]\nname = \"PCMA\"\nlevel = \"required\"\nptime_ms = [0]",
            "`media.audio.codec.ptime_ms` must be from 1 to 10000",
            "0",
            "",
        ),
        (
            "[[waiver]]\nid = \"W\"\nrules = [\"PRF-*\"]\nexpires = 2026-02-01T00:00:00Z",
            "`waiver.reason` is missing: why",
            "[[waiver]]",
            "for example reason =",
        ),
        (
            "[[waiver]]\nid = \"W\"\nrules = [\"PRF-*\"]\nreason = \"r\"",
            "`waiver.expires` is missing: until when; findings after this stand",
            "[[waiver]]",
            "for example expires = 2027-01-31T23:59:59Z",
        ),
        ("[[rule]]\nid = \"SDP-OA-005\"\nenabled = false", "a rule that is switched off needs a `reason`", "false", "say why"),
        // What does not exist.
        (
            "[[direction]]\nfrom = \"alpha\"\nto = \"bravo\"\nextends = [\"shaken@2\"]",
            "unknown profile \"shaken@2\"",
            "\"shaken@2\"",
            "did you mean \"shaken\"?",
        ),
        ("[[rule]]\nid = \"SIP-METHD-001\"", "unknown rule \"SIP-METHD-001\"", "\"SIP-METHD-001\"", "did you mean \"SIP-METHOD-001\"?"),
        (
            "[[waiver]]\nid = \"W\"\nrules = [\"PRX-*\"]\nreason = \"r\"\nexpires = 2026-02-01T00:00:00Z",
            "no rule fits \"PRX-*\"",
            "\"PRX-*\"",
            "",
        ),
        (
            "[[waiver]]\nid = \"W\"\nrules = [\"PRF-*\"]\nreason = \"r\"\nexpires = 2026-02-01T00:00:00Z\nmatch = { trunk_group = \"retial\" }",
            "unknown trunk group \"retial\"",
            "\"retial\"",
            "did you mean \"retail\"?",
        ),
        (
            "[[rule]]\nid = \"SDP-OA-005\"\ndirection = [\"alpha\", \"brava\"]",
            "unknown peer \"brava\"",
            "\"brava\"",
            "did you mean \"bravo\"?",
        ),
        (
            "[[direction]]\nfrom = \"alpha\"\nto = \"bravo\"\ntrunk_group = \"whole\"\nsip.timers.t1_ms = 400",
            "unknown trunk group of these two peers \"whole\"",
            "\"whole\"",
            "known: retail",
        ),
        ("[connectivity]\ncapture_point = \"inside-delta\"", "unknown peer \"delta\"", "\"inside-delta\"", ""),
        ("[accounting.ioi]\nalhpa = \"a.example\"", "unknown peer \"alhpa\"", "alhpa", "did you mean \"alpha\"?"),
        // What is there twice or does not go together.
        ("[[peer]]\nid = \"alpha\"", "`peer` declares this twice", "\"alpha\"", "first in line 5"),
        (
            "[[peer]]\nid = \"c\"\nsbe = [{ name = \"d\", addresses = [\"192.0.2.8/29\"] }]",
            "192.0.2.8/29 overlaps 192.0.2.0/28 of another peer",
            "\"192.0.2.8/29\"",
            "first in line 6",
        ),
        (
            "[[peer]]\nid = \"c\"\ndbe = [{ name = \"d\", addresses = [\"198.51.100.64/26\"] }]",
            "198.51.100.64/26 belongs to two peers",
            "\"198.51.100.64/26\"",
            "first in line 11",
        ),
        (
            "[[direction]]\nfrom = \"alpha\"\nto = \"bravo\"\nextends = [\"shaken\"]\n[[direction]]\nfrom = \"alpha\"\nto = \"bravo\"\nextends = [\"gsma-ir95\"]",
            "`direction` declares this twice",
            "\"alpha\"",
            "first in line 13",
        ),
        ("[sip.session_timer]\nmin_s = 900\nmax_s = 600", "`min_s` is greater than `max_s`", "600", "`min_s` is in line 13"),
        ("[sip.uri]\nspecial_numbers = { remove = [\"911\"] }", "this is not in the inherited list", "\"911\"", "nothing to remove"),
        (
            "[[direction]]\nfrom = \"alpha\"\nto = \"bravo\"\nextends = [\"shaken\", \"shaken@1\"]",
            "profile \"shaken@1\" is named twice",
            "\"shaken@1\"",
            "",
        ),
        // TOML itself.
        ("[sip.methods]\nBYE = \"required\"\nBYE = \"forbidden\"", "this is not TOML: duplicate key", "BYE", ""),
    ];
    let mut wrongly = Vec::new();
    for (wrong, what, under, help) in table {
        let told = complaints(wrong);
        // A word with a hyphen may have been wrapped there.
        let good = |(w, u, h): &(String, String, String)| w.replace("- ", "-") == what && u == under && h.starts_with(help);
        if told.len() != 1 || !told.iter().all(good) {
            wrongly.push((wrong, told));
        }
    }
    assert!(wrongly.is_empty(), "{wrongly:#?}");
}

#[test]
fn ten_mistakes_are_ten_complaints_in_the_order_of_the_file() {
    let wrong = r#"schema = 2
[policy]
fail_on = "hihg"
extends = ["nobody"]
[sip.methods]
BYE = 1
[sip]
odd = true
[security.tls]
ports = [0]
[[rule]]
id = "XXX-NO-001"
[[waiver]]
id = "W"
rules = ["PRF-*"]
expires = 2026-13-01
[[sip.header]]
name = "X-A"
[privacy]
internal_cidrs = ["10.0.0.0/99"]
"#;
    // An impossible month makes the file no TOML, and what rests on other lines is not asked then; the rest is still told.
    let report = parse(wrong).unwrap_err();
    assert!(report.contains("policy.toml:16:11") && report.contains("policy.toml:6:7"), "{report}");
    let report = parse(&wrong.replace("2026-13-01", "2026-12-01")).unwrap_err();
    let places: Vec<_> = report.lines().filter_map(|l| l.trim().strip_prefix(",-[dir/policy.toml:")).collect();
    let lines = ["1:10]", "3:11]", "4:12]", "6:7]", "8:1]", "10:10]", "12:6]", "13:1]", "16:11]", "17:1]", "20:19]"];
    assert_eq!(places, lines, "{report}");
    assert!(report.ends_with("dir/policy.toml: 11 mistakes"), "{report}");
}

#[test]
fn a_file_without_schema_says_so_at_its_start() {
    let report = parse("[policy]\nid = \"x\"\n").unwrap_err();
    assert!(
        report.contains("`schema` is missing") && report.contains("policy.toml:1:1") && report.contains("write schema = 1"),
        "{report}"
    );
}

#[test]
fn plain_reports_are_ascii_without_colour_and_80_columns_wide() {
    let report = parse(&format!("{GOOD}[sip.methods]\nBYE = \"{}\"", "requird".repeat(9))).unwrap_err();
    assert!(report.is_ascii() && !report.contains('\x1b'), "{report}");
    let long = |line: &&str| line.len() > 80 && !line.contains("BYE =");
    assert_eq!(report.lines().find(long), None);
}

#[test]
fn hostile_files_get_a_short_answer() {
    let nested = format!("a = [{}", "[".repeat(100_000));
    let many: String = (0..50_000).map(|n| format!("k{n} = 1\n")).collect();
    let one_line = format!("schema = [{}]", "1,".repeat(500_000));
    let escape = "schema = 1 # \u{1b}[2J\u{7}\nodd = 1";
    let dotted = format!("{} = 1", "a.".repeat(100_000) + "a");
    for hostile in [nested.as_str(), &many, &one_line, escape, &dotted, "\u{feff}", "", "[", "=", "\"", "[[peer]]", "[[peer.sbe]]\nname=1"]
    {
        let report = parse(hostile).unwrap_err();
        assert!(report.len() < 100_000, "{} bytes", report.len());
        assert!(!report.contains('\x1b') && !report.contains('\u{7}'));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_policy_never_panics(cuts in prop::collection::vec((0.0..1.0, 0.0..1.0, any::<u8>(), 0..3_u8), 1..6)) {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        for (at, to, byte, what) in cuts {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let place = |share: f64| (share * bytes.len() as f64) as usize;
            let (at, to) = (place(at), place(to));
            match what {
                0 => bytes[at] = byte,
                1 => _ = bytes.drain(at..(at + (to % 40)).min(bytes.len())),
                _ => {
                    let copy = bytes[to..(to + 60).min(bytes.len())].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        let _ = parse(&String::from_utf8_lossy(&bytes));
    }
}
