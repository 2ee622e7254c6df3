//! Takes recorded TLS connections, gives a verdict on what is known of them, never looks at the machinery.

use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;

use super::tls::{EarlyData, Group, Keys, Outcome, Refusal, Resumption, Side, Sight, TlsConnection, TlsVersion};
use super::{Connections, Contact, KeyLog, Payload, Resumptions, SegmentPart};
use crate::base::{Anomalies, Anomaly, Time, seconds};
use crate::capture::{Batch, Options, Reader};
use crate::packet::{Packet, decode};

fn path(name: &str, kind: &str) -> PathBuf {
    PathBuf::from(format!("tests/recorded/tls/{name}.{kind}"))
}

/// The segments of a recorded capture (see `tests/recorded/tls/make.py`).
fn segments(name: &str) -> Vec<SegmentPart> {
    let mut segments = Vec::new();
    let mut reader = Reader::open(&[path(name, "pcap")], Options::default()).unwrap();
    while let Some(batch) = reader.next_batch().unwrap() {
        for frame in Batch::frames(&batch) {
            if let (Packet::Tcp(segment), _) = decode(&frame) {
                segments.push(SegmentPart::new(&frame, &segment));
            }
        }
    }
    segments
}

/// What came of some segments.
struct Outcomes {
    contacts: Vec<Contact>,
    payloads: Vec<Payload>,
    odd: Anomalies,
}

fn outcomes(segments: &[SegmentPart], keys: Option<&str>) -> Outcomes {
    let mut log = KeyLog::default();
    if let Some(name) = keys {
        log.read(&std::fs::read(path(name, "keys")).unwrap());
    }
    let mut table = Connections::default();
    table.set_keys(&Arc::new(log));
    let (mut payloads, mut odd) = (Vec::new(), Anomalies::default());
    for segment in segments {
        table.push(segment, &mut payloads, &mut odd);
    }
    table.finish(&mut payloads, &mut odd);
    assert!(table.is_empty(), "the books must balance");
    let contacts = Resumptions::default().settle(table.take_events());
    Outcomes { contacts, payloads, odd }
}

/// The connections of a recorded capture.
fn recorded(name: &str, with_keys: bool) -> Vec<TlsConnection> {
    let Outcomes { contacts, odd, .. } = outcomes(&segments(name), with_keys.then_some(name));
    assert_eq!(odd, Anomalies::default(), "{name}");
    contacts
        .into_iter()
        .map(|contact| match contact {
            Contact::Tls(tls) => *tls,
            other => panic!("{name}: {other:?}"),
        })
        .collect()
}

fn one(name: &str, with_keys: bool) -> TlsConnection {
    let [tls] = recorded(name, with_keys).try_into().unwrap();
    tls
}

/// How many certificates a chain has.
fn length(chain: &Sight<super::tls::Chain>) -> Option<usize> {
    chain.seen().map(|chain| chain.len())
}

#[test]
fn what_the_hellos_say_is_known_without_keys() {
    // tshark: tls.handshake.extensions_server_name, …_alpn_str, tls.handshake.ciphersuite.
    let tls = one("cbc-sha384", false);
    let (hello, chosen) = (tls.client_hello.unwrap(), tls.server_hello.unwrap());
    assert_eq!((hello.server_name.as_deref(), hello.alpn.as_slice()), (Some("sbc.bravo.example"), &["sip".into()][..]));
    assert_eq!((hello.version, chosen.version, chosen.suite, chosen.compression), (TlsVersion::TLS12, TlsVersion::TLS12, 0xc024, 0));
    assert!(hello.secure_renegotiation && chosen.secure_renegotiation && chosen.extended_master_secret && chosen.encrypt_then_mac);
    assert!(!chosen.truncated_hmac && !chosen.retried && !hello.sslv2 && hello.suites.contains(&0xc024));
    assert_eq!((tls.server.port, tls.outcome, tls.keys), (5061, Outcome::Established, Keys::Missing));
    assert_eq!((hello.at.origin.frame, chosen.at.origin.frame), (4, 6));
    assert!(!one("cbc-sha384-without-etm", false).server_hello.unwrap().encrypt_then_mac);
}

#[test]
fn before_tls_1_3_certificates_pass_in_the_clear() {
    let tls = one("cbc-sha1", false);
    assert_eq!((length(&tls.server_chain), tls.certificate_request, tls.client_chain), (Some(1), Sight::Absent, Sight::Absent));
    assert_eq!(tls.resumption, Resumption::No);
    let exchange = *tls.key_exchange.seen().unwrap();
    // x25519, and a signature by ECDSA with SHA-256 or better.
    assert_eq!(exchange.group, Group::Named(29));
    assert!(matches!(exchange.signature, Some(0x0403..=0x0603)), "{exchange:?}");
    let fixed = one("static-rsa", false);
    assert_eq!((fixed.key_exchange, length(&fixed.server_chain)), (Sight::Absent, Some(1)));
    let old = one("tls-1.0", false);
    assert_eq!((old.server_hello.unwrap().version, old.key_exchange.seen().unwrap().signature), (TlsVersion::TLS10, None));
}

#[test]
fn what_tls_1_3_hides_is_hidden_and_not_absent() {
    let tls = one("tls-1.3", false);
    assert!(tls.server_chain.is_hidden() && tls.client_chain.is_hidden() && tls.certificate_request.is_hidden());
    assert!(tls.server_signature.is_hidden() && tls.alpn.is_hidden());
    assert_eq!((tls.server_hello.unwrap().version, tls.outcome), (TlsVersion::TLS13, Outcome::Established));
    let tls = one("tls-1.3", true);
    assert_eq!((length(&tls.server_chain), length(&tls.client_chain), tls.certificate_request), (Some(1), Some(1), Sight::Seen(())));
    assert_eq!((tls.server_signature, tls.client_signature), (Sight::Seen(0x0403), Sight::Seen(0x0403)));
    assert_eq!((tls.keys, tls.resumption, tls.early_data), (Keys::Found, Resumption::No, EarlyData::NotOffered));
}

#[test]
fn a_second_client_hello_is_no_second_connection() {
    for keys in [true, false] {
        let tls = one("tls-1.3-retried", keys);
        assert!(tls.server_hello.unwrap().retried);
        assert_eq!((tls.outcome, tls.key_exchange.seen().unwrap().group), (Outcome::Established, Group::Named(23)));
    }
}

#[test]
fn a_resumed_session_inherits_the_certificates_of_the_one_before() {
    for (name, keys) in [("resumed-by-ticket", false), ("resumed-by-id", false), ("resumed-1.3", true)] {
        let [full, resumed] = recorded(name, keys).try_into().unwrap();
        assert_eq!(full.resumption, Resumption::No, "{name}");
        assert_eq!(resumed.resumption, Resumption::Of(Some(full.client_hello.unwrap().at)), "{name}");
        assert_eq!((length(&resumed.server_chain), length(&resumed.client_chain)), (Some(1), Some(1)), "{name}");
        assert_eq!((full.server_chain, full.client_chain), (resumed.server_chain, resumed.client_chain), "{name}");
        assert_eq!(resumed.certificate_request, Sight::Seen(()), "{name}");
    }
    let [_, resumed] = recorded("resumed-1.3", false).try_into().unwrap();
    assert_eq!((resumed.resumption, resumed.server_chain), (Resumption::Of(None), Sight::Hidden));
}

#[test]
fn early_data_is_accepted_refused_or_hidden() {
    for (name, known) in [("early-data-accepted", EarlyData::Accepted), ("early-data-refused", EarlyData::Refused)] {
        let [first, second] = recorded(name, true).try_into().unwrap();
        assert_eq!((first.early_data, second.early_data), (EarlyData::NotOffered, known), "{name}");
    }
    let [_, second] = recorded("early-data-accepted", false).try_into().unwrap();
    assert_eq!(second.early_data, EarlyData::Hidden);
}

#[test]
fn who_refused_a_handshake_is_known() {
    let tls = one("refused", false);
    assert_eq!((tls.outcome, tls.alerts.last().map(|alert| alert.description)), (Outcome::Alerted(Side::Server), Some(Sight::Seen(40))));
    assert_eq!((length(&tls.client_chain), tls.certificate_request), (Some(0), Sight::Seen(())));
    let tls = one("refused-1.3", true);
    // certificate_required
    assert_eq!((tls.outcome, tls.alerts.last().map(|alert| alert.description)), (Outcome::Alerted(Side::Server), Some(Sight::Seen(116))));
    assert_eq!(length(&tls.client_chain), Some(0));
    let tls = one("refused-1.3", false);
    assert_eq!((tls.outcome, tls.alerts.last().map(|alert| alert.description)), (Outcome::Alerted(Side::Server), Some(Sight::Hidden)));
}

#[test]
fn a_connection_that_nobody_takes_is_an_attempt() {
    let recorded = segments("cbc-sha1");
    let (syn, mut rst) = (recorded[0].clone(), recorded[1].clone());
    assert!(syn.flags.syn && rst.flags.syn && rst.flags.ack);
    (rst.flags.syn, rst.flags.rst) = (false, true);
    let found = outcomes(&[syn.clone(), rst], None);
    let [Contact::Attempt(refused)] = found.contacts.as_slice() else { panic!() };
    assert!(matches!(refused.refusal, Refusal::Reset(at) if at.origin.frame == 2), "{refused:?}");
    assert_eq!((refused.server.port, refused.syns), (5061, 1));
    let again = |n: i64| {
        let mut again = syn.clone();
        again.origin.serial += n.cast_unsigned();
        (again.time, again.clock) = (again.time.plus(seconds(n)), again.clock.plus(seconds(n)));
        again
    };
    let found = outcomes(&[again(0), again(1), again(3)], None);
    let [Contact::Attempt(silent)] = found.contacts.as_slice() else { panic!() };
    assert_eq!((silent.refusal, silent.syns), (Refusal::Silence(syn.clock.plus(seconds(3))), 3));
    assert!(outcomes(&recorded[..2], None).contacts.is_empty(), "it was answered");
}

#[test]
fn a_handshake_that_stops_is_no_refusal() {
    let recorded = segments("cbc-sha1");
    let hello = recorded.iter().position(|segment| !segment.bytes.is_empty()).unwrap();
    let found = outcomes(&recorded[..=hello], None);
    let [Contact::Tls(tls)] = found.contacts.as_slice() else { panic!() };
    assert!(matches!(tls.outcome, Outcome::Stalled { ended: true, until } if until == recorded[hello].clock), "{:?}", tls.outcome);
    let mut reset = recorded[hello + 1].clone();
    reset.flags.rst = true;
    let cut = [&recorded[..=hello], &[reset]].concat();
    let found = outcomes(&cut, None);
    let [Contact::Tls(tls)] = found.contacts.as_slice() else { panic!() };
    assert_eq!(tls.outcome, Outcome::Reset(Side::Server));
}

/// A recorded connection in which the client says something else.
fn client_says(octets: &[u8]) -> Outcomes {
    let recorded = segments("cbc-sha1");
    let opened = recorded.iter().position(|segment| !segment.bytes.is_empty()).unwrap();
    let mut said = recorded[..opened].to_vec();
    for (n, chunk) in (0u32..).zip(octets.chunks(1400)) {
        let mut segment = recorded[opened].clone();
        segment.seq = segment.seq.wrapping_add(n * 1400);
        segment.origin.serial += u64::from(n);
        (segment.bytes, segment.wire_len) = (chunk.into(), u32::try_from(chunk.len()).unwrap());
        said.push(segment);
    }
    outcomes(&said, None)
}

#[test]
fn a_length_that_lies_is_an_anomaly() {
    let hello = segments("cbc-sha1").into_iter().find(|segment| !segment.bytes.is_empty()).unwrap().bytes;
    let lie = client_says(&[&hello, &[22, 3, 3, 0xff, 0xff][..], &[0; 70_000]].concat());
    assert_eq!(lie.odd.count(Anomaly::TlsBroken), 1);
    // A handshake message of sixteen megabytes, in records of one octet each.
    let endless: Vec<u8> = [1, 0xff, 0xff, 0xff].iter().chain(&[0; 4_000]).flat_map(|octet| [22, 3, 3, 0, 1, *octet]).collect();
    assert_eq!(client_says(&endless).odd.count(Anomaly::TlsHandshakeBroken), 1);
    let unfinished = client_says(&hello[..hello.len() - 9]);
    assert_eq!(unfinished.odd.count(Anomaly::TlsCut), 1);
    let begun = client_says(&[&[22, 3, 1, 0, 4][..], &[1, 0, 0x20, 0]].concat());
    assert_eq!(begun.odd.count(Anomaly::TlsHandshakeBroken), 1);
}

#[test]
fn a_refused_connection_is_refused_once() {
    let hello = segments("cbc-sha1").into_iter().find(|segment| !segment.bytes.is_empty()).unwrap().bytes;
    let again = [&hello, &[21, 3, 3, 0, 2, 2, 40][..]].concat().repeat(50);
    let found = client_says(&again);
    let [Contact::Tls(tls)] = found.contacts.as_slice() else { panic!("{:?}", found.contacts.len()) };
    assert_eq!((tls.outcome, tls.alerts.len()), (Outcome::Alerted(Side::Client), 1));
}

#[test]
fn handshakes_that_never_end_hold_little() {
    // A hundred connections, each with most of the longest message that is believed.
    let recorded = segments("cbc-sha1");
    let opened = recorded.iter().position(|segment| !segment.bytes.is_empty()).unwrap();
    let (mut table, mut out, mut odd) = (Connections::default(), Vec::new(), Anomalies::default());
    for port in 0..200u16 {
        for n in 0..100u32 {
            let mut segment = recorded[opened].clone();
            segment.source.port = 20_000 + port;
            segment.seq = n * 1205;
            let begin: &[u8] = if n == 0 { &[1, 1, 0xf0, 0] } else { &[] };
            let octets = [&[22, 3, 3, 4, 0xb0][..], begin, &vec![0; 1200 - begin.len()]].concat();
            (segment.bytes, segment.wire_len) = (octets.into(), 1205);
            table.push(&segment, &mut out, &mut odd);
        }
    }
    assert!(odd.count(Anomaly::TcpBudget) > 0, "twenty megabytes must not be kept");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_damage_is_too_hostile(
        name in prop::sample::select(vec!["cbc-sha1", "tls-1.0-without-etm", "tls-1.3", "tls-1.3-retried", "resumed-by-ticket", "null", "refused"]),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0..6u8), 0..12),
        keys: bool,
    ) {
        let mut said = segments(name);
        for (segment, octet, value, kind) in damage {
            let at = segment.index(said.len());
            match kind {
                0 if said.len() > 1 => { said.remove(at); }
                1 => { let other = octet.index(said.len()); said.swap(at, other); }
                2 => { let again = said[at].clone(); said.push(again); }
                3 => { let cut = octet.index(said[at].bytes.len() + 1); said[at].bytes = said[at].bytes[..cut].into(); }
                _ if !said[at].bytes.is_empty() => { let place = octet.index(said[at].bytes.len()); said[at].bytes[place] = value; }
                _ => {}
            }
        }
        let found = outcomes(&said, keys.then_some(name));
        prop_assert!(found.payloads.len() <= 24);
    }

    #[test]
    fn noise_behind_a_hello_gives_no_message(noise in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let hello = segments("cbc-sha1").into_iter().find(|segment| !segment.bytes.is_empty()).unwrap().bytes;
        let found = client_says(&[&hello, noise.as_slice()].concat());
        prop_assert!(found.payloads.is_empty());
    }

    #[test]
    fn what_resumes_what_does_not_depend_on_the_cut_of_windows(cut in 0usize..8) {
        let mut table = Connections::default();
        let (mut out, mut odd) = (Vec::new(), Anomalies::default());
        let said = segments("resumed-by-ticket");
        let at = said.len() * cut / 8;
        let (mut settled, mut memory) = (Vec::new(), Resumptions::default());
        for part in [&said[..at], &said[at..]] {
            part.iter().for_each(|segment| table.push(segment, &mut out, &mut odd));
            settled.extend(memory.settle(table.take_events()));
        }
        table.finish(&mut out, &mut odd);
        settled.extend(memory.settle(table.take_events()));
        prop_assert_eq!(settled, outcomes(&said, None).contacts);
    }
}

#[test]
fn messages_come_in_the_frames_that_complete_them() {
    let found = outcomes(&segments("ccm"), Some("ccm"));
    let times: Vec<Time> = found.payloads.iter().map(|payload| payload.envelope.last).collect();
    assert!(found.payloads.len() == 6 && times.is_sorted());
    assert!(found.payloads.iter().all(|payload| payload.envelope.transport.is_secure() && !payload.envelope.cut));
}
