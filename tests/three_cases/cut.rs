//! Takes messages cut at every octet, gives a failure where a rule judges what the capture does not hold, never a message that is whole.
//!
//! The law: what a whole message keeps, no beginning of it breaks; and what a whole message breaks or does not touch, no beginning of it keeps.

use serde_json::Value;

use crate::made::program::{judged_by, judged_in};
use crate::made::{EPOCH, Frame, held};
use crate::message::{Said, frames, identity, request, response, sdp};
use crate::report::reasons;

/// The octets of Ethernet, IPv4 and UDP before a message.
const HEADS: usize = 42;

/// The rules that look at messages and at what messages agree on.
const FAMILIES: [&str; 12] =
    ["NET-", "SIG-TRANSPORT-", "SIP-", "SDP-", "MED-CODEC-", "MED-MODE-", "MSEC-", "IDN-", "PRV-", "ACC-PC", "ACC-SID", "IMP-"];

/// An agreement on everything that these rules ask for.
const EVERYTHING: &str = include_str!("everything.toml");

/// What the rules of these families say: id, passes, violations.
fn said(report: &Value) -> Vec<(String, u64, u64)> {
    let rows = report["rules"].as_array().unwrap().iter();
    let all = rows.map(|row| (row["id"].as_str().unwrap().to_owned(), row["pass"].as_u64().unwrap(), row["violation"].as_u64().unwrap()));
    all.filter(|(id, ..)| FAMILIES.iter().any(|family| id.starts_with(family))).collect()
}

/// Cuts the last message of a call at every octet, and checks that each of the rules is left open by some cut.
fn law(make: impl Fn(&str) -> Vec<Said>, open: &str) {
    let (whole, before) = (make("n0000"), make("n0000").split_last().map(|(_, before)| before.to_vec()).unwrap());
    let length = whole.last().unwrap().text.len();
    let mut cut: Vec<(Frame, usize)> = Vec::new();
    for octets in 1..length {
        let mut call = make(&format!("n{octets:04}"));
        call.iter_mut().for_each(|said| said.at += 2.0 * octets as f64);
        let last = call.pop().unwrap();
        cut.extend(frames(&call).into_iter().map(|frame| (frame, usize::MAX)));
        cut.push((last.frame(), HEADS + octets));
    }
    let report = judged_in(&held(1, cut.iter().map(|(frame, most)| (frame, *most))), EVERYTHING);
    let (whole, before) = (said(&judged_by(&frames(&whole), EVERYTHING)), said(&judged_by(&frames(&before), EVERYTHING)));
    let copies = length as u64 - 1;
    let mut false_ones = Vec::new();
    for (((id, kept, broken), (_, whole_kept, whole_broken)), (_, kept_before, broken_before)) in
        said(&report).iter().zip(&whole).zip(&before)
    {
        if whole_broken <= broken_before && *broken > copies * broken_before {
            let observed = crate::report::found(&report, id);
            false_ones.push(format!("{id} says broken {} times: {observed:?}", broken - copies * broken_before));
        }
        if whole_kept <= kept_before && *kept > copies * kept_before {
            false_ones.push(format!("{id} says kept {} times", kept - copies * kept_before));
        }
    }
    assert!(false_ones.is_empty(), "of beginnings:\n{}", false_ones.join("\n"));
    let closed: Vec<&str> = open.split(' ').filter(|id| !reasons(&report, id).iter().any(|(reason, _)| reason == "truncated")).collect();
    assert!(closed.is_empty(), "never open: {closed:?}");
}

const AUDIO: &str = "m=audio 20000 RTP/AVP 8 0 96 101\na=rtpmap:8 PCMA/8000\na=rtpmap:96 AMR-WB/16000\na=fmtp:96 octet-align=1\n\
                     a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=ptime:20\na=rtcp-mux\na=candidate:1 1 UDP 2130706431 192.0.2.70 20000 typ host\n\
                     a=ice-ufrag:abcd\na=ice-pwd:abcdefghijklmnopqrstuv\n";

fn claims(attest: &str, from: &str) -> String {
    let iat = EPOCH / 1_000_000;
    format!(
        "{{\"attest\":\"{attest}\",\"dest\":{{\"tn\":[\"4420555000\"]}},\"iat\":{iat},\"orig\":{{\"tn\":\"{from}\"}},\"origid\":\"de305d54-75b4-431b-adb2-eb6b9e546014\"}}"
    )
}

/// Everything that was agreed, in the order in which it hurts most to lose the rest.
#[test]
pub(crate) fn an_invite_that_keeps_all() {
    let invite = |name: &str| {
        let session = format!("{:0>32}", name.trim_start_matches('n'));
        let lines = format!(
            "P-Asserted-Identity: <sip:+4930111@alpha.example>\nRequire: timer\nSupported: timer, 100rel\nSession-Expires: 1800;refresher=uac\n\
             Session-ID: {session};remote=00000000000000000000000000000000\nP-Charging-Vector: icid-value=c-{name};orig-ioi=alpha.example\n\
             Recv-Info: dtmf\nUser-Agent: a telephone\n{}Content-Type: application/sdp\n",
            identity("shaken", &claims("A", "4930111"))
        );
        vec![request(0.0, name, "INVITE", &lines, &sdp("192.0.2.70", AUDIO))]
    };
    law(
        invite,
        "SIG-TRANSPORT-002 NET-DBE-002 NET-IPV-001 SIP-METHOD-003 SIP-EXT-001 SIP-EXT-002 SIP-HDR-002 SIP-HDR-004 SIP-HDR-006 SIP-URI-001 SIP-URI-003 SDP-SYNTAX-001 \
         SDP-ICE-001 MED-CODEC-001 MED-CODEC-003 MED-CODEC-004 MED-MODE-001 IDN-PAI-001 IDN-PAI-002 IDN-FROM-001 IDN-NUM-001 IDN-NUM-002 IDN-LIST-001 \
         IDN-STIR-001 IDN-STIR-002 IDN-STIR-003 IDN-STIR-004 IDN-STIR-005 PRV-TOPO-002 PRV-TOPO-003 PRV-ID-001 PRV-ID-002 PRV-AUTH-001 \
         ACC-PCV-001 ACC-SID-001",
    );
}

/// The same rules broken one and all.
#[test]
pub(crate) fn an_invite_that_breaks_all() {
    let media =
        AUDIO.replace("PCMA", "GSM").replace("ice-ufrag", "ice-lite").replace("192.0.2.70", "10.0.0.1").replace("ptime:20", "ptime:30");
    let invite = |name: &str| {
        let lines = format!(
            "Diversion: <sip:+4930222@alpha.example>;reason=unconditional\nP-Asserted-Identity: <sip:+1930111@192.0.2.9>, <sip:+1930112@alpha.example>\n\
             Require: sec-agree\nSession-Expires: 60\nSession-ID: XYZ\nP-Charging-Vector: icid-value=c-{name};orig-ioi=charlie.example\n\
             Recv-Info: chess\nUser-Agent: Phone/1.2\nPrivacy: id\nProxy-Authorization: Digest username=\"a\", algorithm=MD5, response=\"r\"\n\
             {}Content-Type: application/sdp\n",
            identity("shaken", &claims("C", "4930999"))
        );
        vec![request(0.0, name, "INVITE", &lines, &sdp("10.0.0.1", &media))]
    };
    law(invite, "SIP-METHOD-003 SIP-EXT-001 SIP-HDR-004 IDN-STIR-005 PRV-AUTH-001 SDP-ICE-001");
}

/// Nothing that was agreed is there.
#[test]
pub(crate) fn an_invite_that_lacks_all() {
    let invite = |name: &str| vec![request(0.0, name, "INVITE", "", "")];
    law(invite, "SIP-HDR-002 SIP-EXT-002 IDN-PAI-001 IDN-STIR-001 ACC-PCV-001 ACC-SID-001 SDP-OA-007 DLG-TIMER-001");
}

/// A number that was diverted, and nothing that tells why until the last line.
#[test]
pub(crate) fn a_diverted_invite() {
    let invite = |name: &str| {
        let mut said = request(0.0, name, "INVITE", "Diversion: <sip:+4420555000@bravo.example>;reason=unconditional\n", "");
        said.text = said.text.replacen("INVITE sip:+4420555000", "INVITE sip:+4420555999", 1);
        vec![said]
    };
    law(invite, "IDN-DIV-001");
}

/// An answer that takes what was offered, and one that does not.
#[test]
pub(crate) fn answers() {
    let of = |answer: &'static str| {
        move |name: &str| {
            let offer = sdp("192.0.2.70", &format!("{AUDIO}m=image 20002 udptl t38\n"));
            let body = sdp("198.51.100.70", answer);
            vec![
                request(0.0, name, "INVITE", "Content-Type: application/sdp\n", &offer),
                response(0.5, name, 183, "INVITE", "Content-Type: application/sdp\n", &body),
                response(1.0, name, 200, "INVITE", "Session-Expires: 1800;refresher=uac\nContent-Type: application/sdp\n", &body),
            ]
        }
    };
    let taken =
        "m=audio 20000 RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\nm=image 0 udptl t38\n";
    law(of(taken), "SDP-OA-001 SDP-OA-002 SDP-OA-003 SDP-OA-004 SDP-OA-006 MED-CODEC-002 MED-MODE-002 MED-MODE-003 MSEC-SRTP-001");
    let refused = "m=audio 20000 RTP/SAVP 18 96\na=rtpmap:96 AMR/8000\na=sendonly\n";
    law(of(refused), "SDP-OA-001 MSEC-SRTP-001");
}

/// What is wrong with a stream that is held whole is wrong, whatever the capture cut behind it; and what is right there may be wrong behind.
#[test]
pub(crate) fn streams_held_whole() {
    let offer = sdp("192.0.2.70", "m=audio 20000 RTP/AVP 8 0\nm=audio 20004 RTP/AVP 8 0\n");
    let second = "m=audio 20004 RTP/AVP 8\na=ptime:20\na=tool:nothing\n";
    let call = |first: &str| {
        let body = sdp("198.51.100.70", &format!("{first}{second}"));
        vec![
            request(0.0, "n0000", "INVITE", "Content-Type: application/sdp\n", &offer),
            response(1.0, "n0000", 200, "INVITE", "Content-Type: application/sdp\n", &body),
        ]
    };
    let cut_in_second = |said: &[Said]| {
        let at = said[1].text.find("m=audio 20004").unwrap() + 14;
        let pieces: Vec<(Frame, usize)> = vec![(said[0].frame(), usize::MAX), (said[1].frame(), HEADS + at)];
        judged_in(&held(1, pieces.iter().map(|(frame, most)| (frame, *most))), EVERYTHING)
    };
    let foreign = cut_in_second(&call("m=audio 20000 RTP/AVP 18\n"));
    assert_eq!(crate::report::found(&foreign, "SDP-OA-003"), [("bravo", "no common audio codec", 1)]);
    let misnumbered = cut_in_second(&call("m=audio 20000 RTP/AVP 8 96\n"));
    assert_eq!(crate::report::found(&misnumbered, "SDP-OA-004"), [("bravo", "dynamic payload type without rtpmap", 1)]);
    let taken = cut_in_second(&call("m=audio 20000 RTP/AVP 8\n"));
    for rule in ["SDP-OA-003", "SDP-OA-004"] {
        assert_eq!(reasons(&taken, rule), [("truncated".to_owned(), 1)]);
    }
    let of = |first: &'static str| {
        move |name: &str| {
            let mut said = call(first);
            said.iter_mut().for_each(|said| said.text = said.text.replace("n0000", name));
            said
        }
    };
    for first in ["m=audio 20000 RTP/AVP 18\n", "m=audio 20000 RTP/AVP 8 96\n", "m=audio 20000 RTP/AVP 8\n"] {
        law(of(first), "SDP-OA-003");
    }
}

/// A second offer inside the dialog, with another session in its o= line, and its answer.
#[test]
pub(crate) fn another_offer() {
    let media = "m=audio 20000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\n";
    let inside = |name: &str, said: Said| {
        let text = said.text.replace("bravo.example>\r\n", &format!("bravo.example>;tag=b-{name}\r\n"));
        Said { text: text.replace("CSeq: 1 ", "CSeq: 2 ").replace("-INVITE\r\n", "-AGAIN2\r\n"), ..said }
    };
    let call = |name: &str| {
        let body = |address: &str, version: &str| sdp(address, media).replace("- 1 1", version);
        let sdp = "Content-Type: application/sdp\n";
        vec![
            request(0.0, name, "INVITE", sdp, &body("192.0.2.70", "- 1 1")),
            response(0.2, name, 200, "INVITE", sdp, &body("198.51.100.70", "- 1 1")),
            inside(name, request(0.6, name, "INVITE", sdp, &body("192.0.2.70", "- 1 2"))),
            inside(name, response(0.8, name, 200, "INVITE", sdp, &body("198.51.100.70", "- 7 1"))),
        ]
    };
    law(call, "SDP-OA-005");
    // The offer itself is cut, its answer whole.
    let cut = call("n0000");
    let lengths = cut.iter().enumerate().map(|(n, said)| (said.frame(), if n == 2 { HEADS + said.text.len() - 20 } else { usize::MAX }));
    let pieces: Vec<(Frame, usize)> = lengths.collect();
    let report = judged_in(&held(1, pieces.iter().map(|(frame, most)| (frame, *most))), EVERYTHING);
    assert_eq!(reasons(&report, "SDP-OA-001"), [("truncated".to_owned(), 1)]);
}

/// Failures, whose headers the code asks for.
#[test]
pub(crate) fn refusals() {
    let of = |code: u16, lines: &'static str| {
        move |name: &str| vec![request(0.0, name, "INVITE", "", ""), response(1.0, name, code, "INVITE", lines, "")]
    };
    law(of(503, "Retry-After: 1\nReason: Q.850;cause=41\n"), "SIP-RESP-003 SIP-RESP-004");
    law(of(503, ""), "SIP-RESP-003 SIP-RESP-004");
    law(of(405, "Allow: INVITE, ACK, BYE\nReason: Q.850;cause=16\n"), "SIP-RESP-002 SIP-RESP-004");
    law(of(420, "Unsupported: timer\n"), "SIP-RESP-002 SIP-EXT-001");
}

const PRESENCE: &str = "<?xml version=\"1.0\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:a@alpha.example\"><tuple id=\"t\"><status><basic>open</basic></status></tuple></presence>\n";

/// Presence and messages of people.
#[test]
pub(crate) fn presence_and_words() {
    let notify = |state: &'static str, body: &'static str| {
        move |name: &str| {
            let lines = format!("Event: presence\n{state}Content-Type: application/pidf+xml\n");
            vec![request(0.0, name, "NOTIFY", &lines, body)]
        }
    };
    law(notify("Subscription-State: active\n", PRESENCE), "SIP-METHOD-003 IMP-SUB-001 IMP-PIDF-001");
    law(notify("", "<presence/>"), "IMP-SUB-001 IMP-PIDF-001");
    law(|name: &str| vec![request(0.0, name, "MESSAGE", "Content-Type: text/plain\n", "hello")], "PRV-AUTH-001");
}

/// A request of which the capture holds nothing but the line that it begins with: what its headers would tell is open.
#[test]
pub(crate) fn a_request_cut_before_its_call_id() {
    let said = request(0.0, "n0000", "INVITE", "", "");
    let before_call_id = HEADS + said.text.find("Call-ID").unwrap();
    let frame = said.frame();
    let report = judged_in(&held(1, [(&frame, before_call_id)].into_iter()), EVERYTHING);
    for rule in [
        "IDN-PAI-001",
        "IDN-STIR-001",
        "IDN-FROM-001",
        "IDN-NUM-001",
        "IDN-LIST-001",
        "ACC-PCV-001",
        "ACC-SID-001",
        "PRV-AUTH-001",
        "SIP-HDR-002",
    ] {
        assert_eq!(reasons(&report, rule), [("truncated".to_owned(), 1)], "{rule}");
    }
}
