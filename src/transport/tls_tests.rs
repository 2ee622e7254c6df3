//! Takes recorded TLS connections, gives a verdict on what is known of them, never looks at the machinery.

use std::path::PathBuf;
use std::sync::Arc;

use super::tls::{EarlyData, Group, Keys, Outcome, Resumption, Side, Sight, TlsConnection, TlsVersion};
use super::{Connections, Contact, KeyLog, Resumptions, SegmentPart};
use crate::base::Anomalies;
use crate::capture::{Batch, Options, Reader};
use crate::packet::{Packet, decode};

/// The connections of a recorded capture (see `tests/recorded/tls/make.py`).
fn recorded(name: &str, with_keys: bool) -> Vec<TlsConnection> {
    let path = |kind: &str| PathBuf::from(format!("tests/recorded/tls/{name}.{kind}"));
    let mut keys = KeyLog::default();
    if with_keys {
        keys.read(&std::fs::read(path("keys")).unwrap());
    }
    let mut table = Connections::default();
    table.set_keys(&Arc::new(keys));
    let (mut out, mut odd) = (Vec::new(), Anomalies::default());
    let mut reader = Reader::open(&[path("pcap")], Options::default()).unwrap();
    while let Some(batch) = reader.next_batch().unwrap() {
        for frame in Batch::frames(&batch) {
            if let (Packet::Tcp(segment), _) = decode(&frame) {
                table.push(&SegmentPart::new(&frame, &segment), &mut out, &mut odd);
            }
        }
    }
    table.finish(&mut out, &mut odd);
    assert_eq!(odd, Anomalies::default(), "{name}");
    let contacts = Resumptions::default().settle(table.take_events());
    contacts
        .into_iter()
        .map(|contact| match contact {
            Contact::Tls(tls) => *tls,
            Contact::Attempt(attempt) => panic!("{name}: {attempt:?}"),
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
