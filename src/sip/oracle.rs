//! Takes generated and mutated messages, gives whether we agree with `rsip` where it is right, never more than bounds where nothing is.

use proptest::prelude::*;
use rsip::message::HasHeaders;

use super::torture::assert_sound;
use super::value::{elements, name_addr, uri, via};
use super::{HeaderName, Message, parse};

/// A message out of the subset that `rsip` reads right: long names, no folds, CRLF, one Via a line, users without dots, known methods.
fn plain_message() -> impl Strategy<Value = String> {
    let word = "[a-z][a-z0-9]{0,8}";
    let start = prop_oneof![
        "(INVITE|ACK|BYE|CANCEL|OPTIONS|REGISTER|INFO|SUBSCRIBE|NOTIFY|PUBLISH|UPDATE|REFER|MESSAGE)".prop_map(|m| (m, None)),
        (100_u16..700).prop_map(|code| ("INVITE".to_owned(), Some(code))),
    ];
    (start, prop::collection::vec(word, 6), 1_u32..9999, prop::option::of(1024_u16..), "[ -~]{0,40}", prop::bool::ANY).prop_map(
        |((method, code), w, number, port, body, to_tag)| {
            let line = code.map_or_else(|| format!("{method} sip:{}@{}.example SIP/2.0", w[0], w[1]), |c| format!("SIP/2.0 {c} Reason"));
            let port = port.map_or_else(String::new, |p| format!(":{p}"));
            let to_tag = if to_tag { format!(";tag={}", w[2]) } else { String::new() };
            format!(
                "{line}\r\nVia: SIP/2.0/UDP {}.example{port};branch=z9hG4bK{}\r\nVia: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bKx\r\n\
                 From: \"{}\" <sip:{}@{}.example{port}>;tag={}\r\nTo: <sip:{}@{}.example>{to_tag}\r\nCall-ID: {}@{}\r\n\
                 CSeq: {number} {method}\r\nMax-Forwards: 70\r\nX-{}: {}\r\nContent-Length: {}\r\n\r\n{body}",
                w[0],
                w[1],
                w[2],
                w[3],
                w[4],
                w[5],
                w[0],
                w[2],
                w[3],
                w[4],
                w[5],
                w[1],
                body.len(),
            )
        },
    )
}

/// The header values of `rsip`, in order, with those of ours that must be the same.
fn assert_agree(ours: &Message, theirs: &rsip::SipMessage) {
    let (headers, body, theirs_method, theirs_code) = match theirs {
        rsip::SipMessage::Request(r) => (&r.headers, &r.body, Some(r.method.to_string()), None),
        rsip::SipMessage::Response(r) => (&r.headers, &r.body, None, Some(r.status_code.code())),
    };
    assert_eq!(ours.body(), &**body);
    assert_eq!(ours.method().map(|m| m.name().to_owned()), theirs_method);
    assert_eq!(ours.code(), theirs_code);
    let lines = |m: &Message| m.headers().iter().map(|h| String::from_utf8_lossy(&m.value(h)).into_owned()).collect::<Vec<_>>();
    let their_lines = headers.iter().map(|h| h.to_string().split_once(": ").map_or_else(String::new, |(_, v)| v.to_owned()));
    assert_eq!(lines(ours), their_lines.collect::<Vec<_>>());
}

fn assert_same_keys(ours: &Message, theirs: &rsip::SipMessage) {
    use rsip::prelude::{HeadersExt, ToTypedHeader, UntypedHeader};
    let lossy = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    assert_eq!(lossy(ours.call_id()), theirs.call_id_header().unwrap().value());
    let cseq = theirs.cseq_header().unwrap().typed().unwrap();
    assert_eq!(ours.cseq().map(|c| (c.number, c.method.name().to_owned())), Some((cseq.seq, cseq.method.to_string())));
    let tag = |t: Option<rsip::param::Tag>| t.map(|t| t.value().to_owned());
    assert_eq!(ours.from_tag().map(lossy), tag(theirs.from_header().unwrap().tag().unwrap()));
    assert_eq!(ours.to_tag().map(lossy), tag(theirs.to_header().unwrap().tag().unwrap()));
    let via = theirs.via_header().unwrap().typed().unwrap();
    assert_eq!(ours.branch().map(lossy), via.branch().map(|b| b.value().to_owned()));
    let from = theirs.from_header().unwrap().typed().unwrap();
    let value = ours.get(HeaderName::From).unwrap();
    let own = name_addr(&value).unwrap();
    assert_eq!(rsip::Uri::try_from(&own.uri().unwrap()).unwrap(), from.uri);
    // rsip keeps the quotes.
    assert_eq!(own.display.map(lossy), from.display_name.map(|n| n.trim_matches('"').to_owned()));
}

/// Reads everything that rules read: nothing may panic, nothing may point outside.
fn exercise(text: &[u8]) {
    for stream in [false, true] {
        let Some(message) = parse(text, stream) else { continue };
        assert_sound(&message);
        for header in message.headers() {
            let value = message.value(header);
            let raw = message.at(header.value);
            assert!(elements(raw).all(|e| message.place_of(e).is_some()));
            for element in elements(&value) {
                _ = (via(element).map(|v| v.params.iter().count()), uri(element));
                _ = name_addr(element).map(|a| (a.uri().map(|u| u.user_params().iter().count()), a.params.iter().count()));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn we_agree_with_rsip_where_it_is_right(text in plain_message()) {
        let ours = parse(text.as_bytes(), false).unwrap();
        prop_assert_eq!(ours.flaws(), []);
        let theirs = rsip::SipMessage::try_from(text.as_bytes()).unwrap();
        prop_assert_eq!(ours.headers().len(), theirs.headers().iter().count());
        assert_agree(&ours, &theirs);
        assert_same_keys(&ours, &theirs);
    }

    #[test]
    fn mutated_messages_stay_within_bounds(
        text in plain_message(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            any::<u8>(), prop::sample::select(&b"\r\n \t\":;,<>[]@=\\/?*"[..])
        ]), 1..24),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = text.into_bytes();
        for (at, with) in edits {
            let at = at.index(bytes.len());
            bytes[at] = with;
        }
        exercise(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        exercise(&bytes);
    }

    #[test]
    fn any_octets_behind_a_start_line_stay_within_bounds(junk in prop::collection::vec(any::<u8>(), 0..400)) {
        exercise(&[b"INVITE sip:a@b SIP/2.0\r\nVia: ", &*junk].concat());
        exercise(&junk);
    }
}
