//! Takes one call over TLS, gives a failure where its audit is not that of the call itself, never a stage alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;
#[allow(unreachable_pub, reason = "written as its neighbours are")]
#[path = "made/tls.rs"]
mod wire;

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use made::calls::call;
use made::program::{answer, counts, without_places};
use made::tcp::{Said, said};
use made::{Frame, pcap};
use serde_json::{Value, json};
use speerlint::pipeline::Request;
use wire::{Taken, Terms, over_tls, with_secrets};

/// The messages of a call, with TLS in their Via.
fn talk(name: &str) -> Vec<Said> {
    let secure = |octets: Vec<u8>| String::from_utf8(octets).unwrap().replace("SIP/2.0/TCP", "SIP/2.0/TLS").into_bytes();
    said(&call(name)).into_iter().map(|(at, from_alpha, octets)| (at, from_alpha, secure(octets))).collect()
}

/// The report on a capture with key logs.
fn opened(capture: &[u8], keys: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: String, octets: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, octets).unwrap();
        path
    };
    let keylogs = keys.iter().enumerate().map(|(n, text)| write(format!("keys-{n}"), text.as_bytes())).collect();
    answer(&Request { inputs: vec![write("made.pcap".into(), capture)], keylogs, ..Request::default() })
}

fn tls(report: &Value) -> &Value {
    &report["intake"]["tls"]
}

fn anomalies(report: &Value) -> &Value {
    &report["intake"]["anomalies"]
}

#[test]
fn a_call_is_the_same_under_every_suite() {
    for terms in Terms::all() {
        let Taken { frames, keys } = over_tls(&talk("suites"), &terms);
        let report = opened(&pcap(&frames), &[&keys]);
        assert_eq!((counts(&report), anomalies(&report)), ((6, 1, 1), &json!({})), "{terms:?}");
        assert_eq!(report["intake"]["sip_by_transport"]["TLS"], 6);
        assert_eq!(tls(&report)["suites"].as_object().unwrap().len(), 1, "{terms:?}");
    }
}

#[test]
fn inside_tls_it_may_be_websocket() {
    for terms in Terms::usual() {
        let Taken { frames, keys } = over_tls(&made::websocket::upgraded(&call("browser")), &terms);
        let report = opened(&pcap(&frames), &[&keys]);
        assert_eq!((counts(&report), anomalies(&report)), ((6, 1, 1), &json!({})), "{terms:?}");
        assert_eq!(report["intake"]["sip_by_transport"]["WSS"], 6);
    }
}

#[test]
fn records_may_begin_and_end_anywhere_in_segments() {
    for terms in Terms::usual() {
        for segment in [1, 7, 100] {
            let Taken { frames, keys } = over_tls(&talk("pieces"), &Terms { segment, mutual: true, ..terms.clone() });
            let report = opened(&pcap(&frames), &[&keys]);
            assert_eq!((counts(&report), anomalies(&report)), ((6, 1, 1), &json!({})), "{segment} octets, {terms:?}");
        }
    }
}

#[test]
fn keys_may_change_while_the_call_lasts() {
    let [_, terms] = Terms::usual();
    let Taken { frames, keys } = over_tls(&talk("refreshed"), &Terms { refresh: true, ..terms });
    let report = opened(&pcap(&frames), &[&keys]);
    assert_eq!((counts(&report), anomalies(&report)), ((6, 1, 1), &json!({})));
}

#[test]
fn behind_a_hole_records_are_found_again() {
    for terms in Terms::usual() {
        let Taken { frames, keys } = over_tls(&talk("hole"), &Terms { lost: vec![1], ..terms.clone() });
        let report = opened(&pcap(&frames), &[&keys]);
        assert_eq!(report["intake"]["sip_messages"], 5, "{terms:?}: {}", anomalies(&report));
        assert_eq!(anomalies(&report)["tcp-hole"], 1, "{terms:?}");
        assert_eq!(tls(&report)["decrypted"], 1);
    }
}

#[test]
fn without_keys_the_connection_is_reported_and_nothing_else() {
    for terms in Terms::usual() {
        let Taken { frames, .. } = over_tls(&talk("sealed"), &terms);
        let report = opened(&pcap(&frames), &[]);
        let tls = tls(&report);
        assert_eq!((counts(&report), anomalies(&report)), ((0, 0, 0), &json!({})), "{terms:?}");
        let number = |key: &str| tls[key].as_u64().unwrap();
        assert_eq!((number("connections"), number("established"), number("undecrypted"), number("decrypted")), (1, 1, 1, 0), "{tls}");
        assert!(number("bytes") > 1_500 && number("decrypted_bytes") == 0, "{tls}");
        assert_eq!(tls["undecrypted_by"], json!({"no key": 1}));
    }
}

#[test]
fn keys_that_do_not_fit_are_called_so() {
    for terms in Terms::usual() {
        let Taken { frames, keys } = over_tls(&talk("unfit"), &terms);
        // The last digit of every secret is another.
        let wrong: String = keys
            .lines()
            .map(|line| {
                let (rest, last) = line.split_at(line.len() - 1);
                format!("{rest}{}\n", if last == "0" { "1" } else { "0" })
            })
            .collect();
        let report = opened(&pcap(&frames), &[&wrong]);
        assert_eq!((counts(&report).0, &anomalies(&report)["tls-keys-unfit"]), (0, &json!(1)), "{terms:?}: {}", anomalies(&report));
        assert_eq!(tls(&report)["established"], 1, "{terms:?}");
        assert_eq!(tls(&report)["undecrypted_by"], json!({"its keys do not fit": 1}));
        let both = opened(&pcap(&frames), &[&keys, &wrong]);
        assert_eq!(counts(&both), (6, 1, 1), "the first key log wins");
    }
}

#[test]
fn secrets_may_stand_anywhere_in_a_capture_that_is_a_file() {
    for terms in Terms::usual() {
        let Taken { frames, keys } = over_tls(&talk("inside"), &terms);
        for before in [0, frames.len() / 2, frames.len()] {
            let report = opened(&with_secrets(&frames, &keys, before), &[]);
            assert_eq!((counts(&report), anomalies(&report)), ((6, 1, 1), &json!({})), "before frame {before}");
        }
    }
}

#[test]
fn in_a_pipe_secrets_serve_from_where_they_stand() {
    let run = |capture: Vec<u8>| -> Value {
        let output =
            assert_cmd::Command::cargo_bin("speerlint").unwrap().args(["audit", "-", "--format", "json"]).write_stdin(capture).output();
        serde_json::from_slice(&output.unwrap().stdout).unwrap()
    };
    for terms in Terms::usual() {
        let Taken { frames, keys } = over_tls(&talk("piped"), &terms);
        let report = run(with_secrets(&frames, &keys, 0));
        assert_eq!((counts(&report), anomalies(&report)), ((6, 1, 1), &json!({})));
        // Before the last two messages, which pass at ten seconds.
        let late = frames.iter().position(|frame| frame.micros > made::EPOCH + 8_000_000).unwrap();
        let report = run(with_secrets(&frames, &keys, late));
        assert_eq!(counts(&report).0, 2, "{terms:?}: {}", anomalies(&report));
        assert!(anomalies(&report)["tls-keys-late"].as_u64() >= Some(4), "{}", anomalies(&report));
    }
}

/// A connection of which the last frames are those that `keep` leaves.
fn kept(taken: &Taken, keep: impl Fn(usize, &Frame) -> bool) -> Vec<Frame> {
    taken.frames.iter().enumerate().filter(|(n, frame)| keep(*n, frame)).map(|(_, frame)| frame.clone()).collect()
}

#[test]
fn a_connection_met_in_its_middle_is_known_for_what_it_is() {
    for terms in Terms::usual() {
        let taken = over_tls(&talk("middle"), &terms);
        let late = kept(&taken, |_, frame| frame.micros > made::EPOCH + 1_500_000);
        let report = opened(&pcap(&late), &[&taken.keys]);
        assert_eq!((counts(&report).0, &anomalies(&report)["tls-midstream"]), (0, &json!(1)), "{}", anomalies(&report));
        assert_eq!(
            (&tls(&report)["unseen"], &tls(&report)["undecrypted_by"]),
            (&json!(1), &json!({"the handshake is not in the capture": 1}))
        );
        assert_eq!(report["intake"]["first_anomalies"]["tls-midstream"]["frame"], 1);
    }
}

#[test]
fn one_direction_alone_blames_nobody() {
    for terms in Terms::usual() {
        let taken = over_tls(&talk("one-sided"), &terms);
        for client in [true, false] {
            let half = kept(&taken, |_, frame| (frame.octets[26..30] == made::calls::ALPHA.0.octets()) == client);
            let report = opened(&pcap(&half), &[&taken.keys]);
            let tls = tls(&report);
            assert_eq!(
                (&tls["connections"], &tls["refused"], &tls["stalled"]),
                (&json!(1), &json!(0), &json!(0)),
                "{terms:?} {client}: {tls}"
            );
            assert_eq!(tls["undecrypted_by"], json!({"one direction is not in the capture": 1}), "{terms:?} {client}");
        }
    }
}

#[test]
fn threads_and_pieces_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (n, terms) in Terms::usual().into_iter().enumerate() {
        let Taken { frames, keys } = over_tls(&talk("pieces"), &Terms { segment: 60, mutual: true, ..terms });
        let capture = made::write(folder.path(), &format!("tls-{n}.pcap"), &frames);
        let log = folder.path().join("keys");
        fs::write(&log, keys).unwrap();
        let report = |inputs: Vec<PathBuf>, threads: usize| {
            let request = Request { inputs, keylogs: vec![log.clone()], threads: NonZeroUsize::new(threads), ..Request::default() };
            without_places(answer(&request)).to_string()
        };
        let whole = report(vec![capture.clone()], 1);
        assert_eq!(whole, report(vec![capture.clone()], 4));
        let parts = tempfile::tempdir().unwrap();
        assert_eq!(whole, report(made::cut(&capture, 5, parts.path()), 2));
    }
}

/// Captures of one call each, by OpenSSL 3.0 on both sides (`tests/recorded/tls/make.py`), beside the messages that tshark finds in them.
const RECORDED: [(&str, u64, &str); 18] = [
    ("cbc-sha1", 6, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    ("cbc-sha1-without-etm", 6, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    ("cbc-sha256", 6, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    ("cbc-sha384", 6, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
    ("cbc-sha384-without-etm", 6, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
    ("ccm", 6, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"),
    ("ccm8", 6, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"),
    ("static-rsa", 6, "TLS_RSA_WITH_AES_128_CBC_SHA"),
    ("null", 6, "TLS_RSA_WITH_NULL_SHA256"),
    ("tls-1.0", 6, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    ("tls-1.0-without-etm", 6, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    ("tls-1.1", 6, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    ("tls-1.1-without-etm", 6, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    ("tls-1.3", 6, "TLS_AES_256_GCM_SHA384"),
    ("tls-1.3-retried", 6, "TLS_AES_256_GCM_SHA384"),
    ("resumed-by-ticket", 12, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    ("resumed-by-id", 12, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    ("resumed-1.3", 12, "TLS_AES_256_GCM_SHA384"),
];

/// The report on a recorded capture.
fn recorded(name: &str, keys: bool) -> Value {
    let path = |kind: &str| PathBuf::from(format!("tests/recorded/tls/{name}.{kind}"));
    let keylogs = if keys { vec![path("keys")] } else { Vec::new() };
    answer(&Request { inputs: vec![path("pcap")], keylogs, ..Request::default() })
}

#[test]
fn another_library_is_understood() {
    for (name, messages, suite) in RECORDED {
        let report = recorded(name, true);
        assert_eq!((counts(&report).0, anomalies(&report)), (messages, &json!({})), "{name}");
        assert_eq!(tls(&report)["suites"], json!({ suite: messages / 6 }), "{name}");
        assert_eq!(tls(&report)["resumed"], u64::from(messages == 12), "{name}");
    }
}

#[test]
fn early_data_counts_where_the_server_takes_it() {
    // One request in a connection, and another as early data of the next, before a third.
    for (name, messages) in [("early-data-accepted", 3), ("early-data-refused", 2)] {
        let report = recorded(name, true);
        assert_eq!((counts(&report).0, anomalies(&report)), (messages, &json!({})), "{name}");
        assert_eq!((&tls(&report)["resumed"], &tls(&report)["decrypted"]), (&json!(1), &json!(2)), "{name}");
        assert_eq!(tls(&recorded(name, false))["established"], 2, "{name}");
    }
}

#[test]
fn a_policy_may_name_the_key_log() {
    let [terms, _] = Terms::usual();
    let Taken { frames, keys } = over_tls(&talk("agreed"), &terms);
    let folder = tempfile::tempdir().unwrap();
    let capture = made::write(folder.path(), "tls.pcap", &frames);
    fs::write(folder.path().join("keys.txt"), keys).unwrap();
    let policy = folder.path().join("policy.toml");
    let audit = |line: &str| {
        fs::write(&policy, format!("{}[capture]\n{line}\n", made::program::PEERS)).unwrap();
        answer(&Request { inputs: vec![capture.clone()], policy: Some(policy.clone()), ..Request::default() })
    };
    assert_eq!((counts(&audit("tls_keylog = \"keys.txt\"")), counts(&audit(""))), ((6, 1, 1), (0, 0, 0)));
}

#[test]
fn renegotiation_changes_the_keys() {
    let report = recorded("renegotiated", true);
    assert_eq!((counts(&report).0, anomalies(&report)), (2, &json!({})));
}

#[test]
fn without_encryption_no_key_is_needed() {
    assert_eq!(counts(&recorded("null", false)), (6, 1, 1));
}

#[test]
fn a_refused_handshake_is_no_connection() {
    for name in ["refused", "refused-1.3"] {
        for keys in [false, true] {
            let report = recorded(name, keys);
            assert_eq!((&tls(&report)["refused"], &tls(&report)["established"]), (&json!(1), &json!(0)), "{name}, keys {keys}");
        }
    }
}

/// RFC 5923 §8.2: a request may go back over a connection only where its client has shown who it is.
#[test]
fn a_request_back_to_a_client_without_a_certificate_is_told() {
    let mut call = made::calls::Call::new("back");
    call.invite(0.0).answer(0.5, 200).ack(0.6).bye(5.0, false).bye_answer(5.1, 200, false);
    let aliased =
        |octets: Vec<u8>| String::from_utf8(octets).unwrap().replace("SIP/2.0/TCP 192.0.2.17:5060", "SIP/2.0/TLS 192.0.2.17:5060;alias");
    let said: Vec<Said> = said(&call).into_iter().map(|(at, from_alpha, octets)| (at, from_alpha, aliased(octets).into_bytes())).collect();
    // Only between declared elements is TLS on another port than 5061 taken for SIP.
    let policy = format!("{}[sip.transport]\nconnection_reuse = \"supported\"\n", made::program::PEERS);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, octets: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, octets).unwrap();
        path
    };
    for (mutual, expected) in [(false, 1), (true, 0)] {
        for terms in Terms::usual() {
            let Taken { frames, keys } = over_tls(&said, &Terms { mutual, ..terms });
            let request = Request {
                inputs: vec![write("made.pcap", &pcap(&frames))],
                policy: Some(write("policy.toml", policy.as_bytes())),
                keylogs: vec![write("keys.log", keys.as_bytes())],
                ..Request::default()
            };
            let report = answer(&request);
            let bare = |f: &&Value| f["rule"] == "SIG-TRANSPORT-005" && f["observed"].as_str().unwrap().contains("showed no certificate");
            assert_eq!(
                report["findings"].as_array().unwrap().iter().filter(bare).count(),
                expected,
                "mutual: {mutual} {}",
                report["findings"]
            );
        }
    }
}

/// Two taps, one a direction, whose clocks differ by less than a round trip.
#[test]
fn directions_that_are_out_of_order_blame_nobody() {
    let policy = format!("{}[security.tls]\nmutual_auth = \"required\"\n", made::program::PEERS);
    for terms in Terms::usual() {
        let Taken { frames, keys } = over_tls(&talk("swapped"), &Terms { mutual: true, ..terms });
        for at in 1..frames.len().min(24) {
            let mut swapped = frames.clone();
            swapped.swap(at - 1, at);
            (swapped[at - 1].micros, swapped[at].micros) = (frames[at - 1].micros, frames[at].micros);
            let folder = tempfile::tempdir().unwrap();
            let write = |name: &str, octets: &[u8]| {
                let path = folder.path().join(name);
                fs::write(&path, octets).unwrap();
                path
            };
            let report = answer(&Request {
                inputs: vec![write("made.pcap", &pcap(&swapped))],
                policy: Some(write("policy.toml", policy.as_bytes())),
                keylogs: vec![write("keys.log", keys.as_bytes())],
                ..Request::default()
            });
            let blamed: Vec<_> = report["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|f| f["rule"].as_str().unwrap().starts_with("SIG-TLS"))
                .map(|f| &f["observed"])
                .collect();
            assert_eq!(blamed, Vec::<&Value>::new(), "frames {at} and {}", at + 1);
        }
    }
}
