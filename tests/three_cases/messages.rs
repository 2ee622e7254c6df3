//! Takes single messages that keep or break what was agreed of them, gives a failure where the program says otherwise, never a call.

use crate::made::EPOCH;
use crate::made::program::judged;
use crate::message::{Said, frames, identity, request, response};
use crate::report::{counts, reasons};

/// What a rule is to say of them.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Kept,
    Broken,
    Open(&'static str),
}
use Says::{Broken, Kept, Open};

fn check(rule: &str, terms: &str, said: &[Said], says: Says) {
    let report = judged(&frames(said), terms);
    let all = counts(&report, rule);
    let right = match says {
        Kept => all[0] > 0 && all[1] == 0 && all[2] == 0,
        Broken => all[1] > 0,
        Open(reason) => all[1] == 0 && reasons(&report, rule).iter().any(|(own, _)| own == reason),
    };
    assert!(right, "{rule} is to be {says:?}, and is {all:?}\n{terms}\n{}", said.last().unwrap().text);
}

fn invite(more: &str) -> Said {
    request(0.0, "one", "INVITE", more, "")
}

/// Requests and responses with their lines, and what was agreed of these.
#[test]
pub(crate) fn lines_of_messages() {
    let packages = "[sip]\nevent_packages = [\"dialog\"]\n";
    let subscribe = |event: &str| vec![request(0.0, "one", "SUBSCRIBE", &format!("Event: {event}\n"), "")];
    let tags = "[sip]\noption_tags = { timer = \"required\", default = \"forbidden\" }\n";
    let form = "[[sip.header]]\nname = \"P-Early-Media\"\nlevel = \"supported\"\none_of = [\"supported\"]\n";
    let reason = "[sip.responses]\nreason = { level = \"required\", protocols = [\"Q.850\"], on = [\"BYE\"] }\n";
    let bye = |lines: &str| vec![request(0.0, "one", "BYE", lines, "")];
    let session_id = "[accounting]\nsession_id = \"required\"\n";
    let id = "Session-ID: 0123456789abcdef0123456789abcdef;remote=00000000000000000000000000000000\n";
    let privacy = "[identity]\ntrust = false\n[privacy]\nenforce_privacy_id = \"required\"\n";
    let nobody = |more: &str| {
        let mut said = invite(more);
        said.text = said.text.replace("From: <sip:+4930111@alpha.example>", "From: \"Anonymous\" <sip:anonymous@anonymous.invalid>");
        vec![said]
    };
    let asserted = "P-Asserted-Identity: <sip:+4930111@alpha.example>\n";
    let digest = "[identity]\ndigest = { level = \"supported\", algorithms = [\"SHA-256\"] }\n";
    let credentials =
        |algorithm: &str| vec![invite(&format!("Authorization: Digest username=\"a\", algorithm={algorithm}, response=\"r\"\n"))];
    for (rule, terms, said, says) in [
        ("SIP-METHOD-003", packages, subscribe("dialog"), Kept),
        ("SIP-METHOD-003", packages, subscribe("presence"), Broken),
        ("SIP-EXT-001", tags, vec![invite("Require: timer\n")], Kept),
        ("SIP-EXT-001", tags, vec![invite("Require: 100rel\n")], Broken),
        ("SIP-EXT-002", tags, vec![invite("Supported: timer\n")], Kept),
        ("SIP-EXT-002", tags, vec![invite("Supported: 100rel\n")], Broken),
        ("SIP-HDR-004", form, vec![invite("P-Early-Media: supported\n")], Kept),
        ("SIP-HDR-004", form, vec![invite("P-Early-Media: gated\n")], Broken),
        ("SIP-RESP-004", reason, bye("Reason: Q.850;cause=16\n"), Kept),
        ("SIP-RESP-004", reason, bye("Reason: SIP;cause=200\n"), Broken),
        ("ACC-SID-001", session_id, vec![invite(id)], Kept),
        ("ACC-SID-001", session_id, vec![invite("Session-ID: 0123\n")], Broken),
        ("PRV-ID-001", privacy, nobody("Privacy: id\n"), Kept),
        ("PRV-ID-001", privacy, nobody(&format!("Privacy: id\n{asserted}")), Broken),
        ("PRV-ID-002", privacy, nobody("Privacy: id\n"), Kept),
        ("PRV-ID-002", privacy, nobody(""), Broken),
        ("PRV-AUTH-001", digest, credentials("SHA-256"), Kept),
        ("PRV-AUTH-001", digest, credentials("MD5"), Broken),
    ] {
        check(rule, terms, &said, says);
    }
}

/// RFC 3261 §21.5.4: who is asked to wait waits.
#[test]
pub(crate) fn overload() {
    let terms = "[sip.responses]\nretry_after = \"required\"\n";
    let refused = |lines: &str| vec![request(0.0, "one", "INVITE", "", ""), response(0.1, "one", 503, "INVITE", lines, "")];
    let again = |at: f64| [refused("Retry-After: 30\n"), vec![request(at, "two", "INVITE", "", "")]].concat();
    for (said, says) in [(refused(""), Broken), (again(40.0), Kept), (again(10.0), Broken)] {
        check("SIP-RESP-003", terms, &said, says);
    }
    // Calls to numbers of emergency wait for nothing: a whole number or a beginning, global with a plus.
    for (number, broken) in [("+4420555000", 0), ("+44205*", 0), ("+442055500", 1), ("4420555000", 1), ("112", 1)] {
        let numbers = format!("{terms}[identity.emergency_numbers]\nnumbers = [\"999\", \"{number}\", \"+1*\"]\n");
        assert_eq!(counts(&judged(&frames(&again(10.0)), &numbers), "SIP-RESP-003")[1], broken, "{number}");
    }
}

const OPEN: &str = "<?xml version=\"1.0\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:a@alpha.example\"><tuple id=\"t\">\
                    <status><basic>open</basic></status></tuple></presence>\n";

/// RFC 6665 §4.1.3, RFC 3863 §4.
#[test]
pub(crate) fn presence() {
    let terms = "[media.presence]\nlevel = \"required\"\npidf_only = true\n";
    let notify = |state: &str, body: &str| {
        vec![request(0.0, "one", "NOTIFY", &format!("Event: presence\n{state}Content-Type: application/pidf+xml\n"), body)]
    };
    let active = "Subscription-State: active\n";
    for (rule, said, says) in [
        ("IMP-SUB-001", notify(active, OPEN), Kept),
        ("IMP-SUB-001", notify("", OPEN), Broken),
        ("IMP-PIDF-001", notify(active, OPEN), Kept),
        ("IMP-PIDF-001", notify(active, &OPEN.replace("open", "perhaps")), Broken),
    ] {
        check(rule, terms, &said, says);
    }
}

/// A signature of which nobody has the certificate; and a PASSporT that leaves out what the message says (RFC 8225 §7).
#[test]
pub(crate) fn signatures_that_cannot_be_checked() {
    let stir =
        "[identity.stir]\nidentity_header = \"required\"\nppt = [\"shaken\"]\nfreshness_s = 60\nmin_attest = \"B\"\ncert_dir = \".\"\n";
    let claims = format!(
        "{{\"attest\":\"A\",\"dest\":{{\"tn\":[\"4420555000\"]}},\"iat\":{},\"orig\":{{\"tn\":\"4930111\"}},\"origid\":\"de305d54-75b4-431b-adb2-eb6b9e546014\"}}",
        EPOCH / 1_000_000
    );
    check("IDN-STIR-006", stir, &[invite(&identity("shaken", &claims))], Open("no-aux-input"));
    let compact = "Identity: ..c2lnbmF0dXJl;info=<https://certs.alpha.example/a.pem>;alg=ES256;ppt=shaken\n";
    for rule in ["IDN-STIR-003", "IDN-STIR-004", "IDN-STIR-005", "IDN-STIR-006"] {
        check(rule, stir, &[invite(compact)], Open("no-aux-input"));
    }
}
