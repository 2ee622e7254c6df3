//! Takes messages cut at every octet, gives a failure where a rule judges what the capture does not hold, never a message that is whole.
//!
//! The law: what a whole message keeps, no beginning of it breaks; and what a whole message breaks or does not touch, no beginning of it keeps.

use serde_json::Value;

use crate::made::calls::{Call, capture};
use crate::made::program::{judged_by, judged_in};
use crate::made::{EPOCH, Frame, held};
use crate::message::{Said, frames, identity, request, response, sdp};
use crate::report::{counts, reasons};

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
    Law { open, ..Law::default() }.holds(make);
}

/// What is cut, and what beginnings of it tell.
#[derive(Clone, Copy)]
struct Law<'a> {
    policy: &'a str,
    /// Which message of the call is cut; the last where none is named.
    message: Option<usize>,
    /// Rules that some beginning leaves open.
    open: &'a str,
    /// Rules that some beginning shows to be broken.
    broken: &'a str,
    /// Rules that some beginning shows to be kept.
    kept: &'a str,
}

impl Default for Law<'_> {
    fn default() -> Self {
        Self { policy: EVERYTHING, message: None, open: "", broken: "", kept: "" }
    }
}

impl Law<'_> {
    fn holds(&self, make: impl Fn(&str) -> Vec<Said>) {
        let whole = make("n0000");
        let message = self.message.unwrap_or(whole.len() - 1);
        let length = whole[message].text.len();
        let mut cut: Vec<(Frame, usize)> = Vec::new();
        for octets in 1..length {
            let mut call = make(&format!("n{octets:04}"));
            call.iter_mut().for_each(|said| said.at += 2.0 * octets as f64);
            let held = |n: usize| if n == message { HEADS + octets } else { usize::MAX };
            cut.extend(frames(&call).into_iter().enumerate().map(|(n, frame)| (frame, held(n))));
        }
        let report = judged_in(&held(1, cut.iter().map(|(frame, most)| (frame, *most))), self.policy);
        let (before, whole) = (said(&judged_by(&frames(&whole[..message]), self.policy)), said(&judged_by(&frames(&whole), self.policy)));
        let copies = length as u64 - 1;
        let mut false_ones = Vec::new();
        for (((id, kept, broken), (_, whole_kept, whole_broken)), (_, kept_before, broken_before)) in
            said(&report).iter().zip(&whole).zip(&before)
        {
            let named = |rules: &str| rules.split(' ').any(|rule| rule == id);
            let (says_broken, says_kept) = (*broken > copies * broken_before, *kept > copies * kept_before);
            if whole_broken <= broken_before && says_broken {
                let observed = crate::report::found(&report, id);
                false_ones.push(format!("{id} says broken {} times: {observed:?}", broken - copies * broken_before));
            }
            if whole_kept <= kept_before && says_kept {
                false_ones.push(format!("{id} says kept {} times", kept - copies * kept_before));
            }
            if named(self.broken) && !says_broken {
                false_ones.push(format!("{id} never says broken"));
            }
            if named(self.kept) && !says_kept {
                false_ones.push(format!("{id} never says kept"));
            }
        }
        assert!(false_ones.is_empty(), "of beginnings:\n{}", false_ones.join("\n"));
        let is_open = |id: &str| reasons(&report, id).iter().any(|(reason, _)| reason == "truncated");
        let closed: Vec<&str> = self.open.split(' ').filter(|id| !id.is_empty() && !is_open(id)).collect();
        assert!(closed.is_empty(), "never open: {closed:?}");
    }
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

/// An offer with these media sections and its answer, each a whole body.
fn exchange(offer: String, answer: String) -> impl Fn(&str) -> Vec<Said> {
    move |name: &str| {
        vec![
            request(0.0, name, "INVITE", "Content-Type: application/sdp\n", &offer),
            response(0.5, name, 200, "INVITE", "Content-Type: application/sdp\n", &answer),
        ]
    }
}

/// Offers and answers of which either is cut: the lines that are there tell what is wrong with them, and at times that nothing is.
#[test]
pub(crate) fn exchanges_of_either_side() {
    const EVENTS: &str = "a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n";
    let audio = |direction: &str| format!("m=audio 20000 RTP/AVP 8 101\n{direction}{EVENTS}");
    let of = |offer: &str, answer: &str| exchange(sdp("192.0.2.70", offer), sdp("198.51.100.70", answer));
    let (plain, fax, no_fax) = (audio(""), "m=image 20002 udptl t38\n", "m=image 0 udptl t38\n");
    let (first, second) = (Law { message: Some(0), ..Law::default() }, Law { message: Some(1), ..Law::default() });
    let both = format!("{plain}{fax}");

    // Fewer lines than the beginning of the offer already shows; the rest of a refused stream is of no interest.
    let left_out = of(&format!("{both}a=T38FaxVersion:0\n"), &plain);
    Law { broken: "SDP-OA-001", kept: "SDP-OA-002", open: "SDP-OA-001 SDP-OA-002", ..first }.holds(&left_out);
    Law { open: "SDP-OA-001 SDP-OA-002 MED-MODE-002", ..second }.holds(&left_out);
    let refused = of(&format!("{both}a=T38FaxVersion:0\n"), &format!("{plain}{no_fax}"));
    Law { kept: "SDP-OA-002 MED-MODE-002 MED-MODE-003", open: "SDP-OA-001", ..first }.holds(&refused);
    // More lines than the whole offer has.
    Law { broken: "SDP-OA-001", ..second }.holds(of(&plain, &format!("{both}a=T38FaxVersion:0\n")));
    // Lines in another order, and a stream of another type: what is there looks the same.
    for answer in [format!("{fax}{plain}"), format!("{fax}{no_fax}")] {
        Law { open: "SDP-OA-001 SDP-OA-002", ..first }.holds(of(&both, &answer));
        Law { open: "SDP-OA-001 SDP-OA-002", ..second }.holds(of(&both, &answer));
    }

    // Transport, direction and time, each told by its own line.
    let changed = |offer: &str, answer: &str| {
        let call = of(offer, answer);
        Law { broken: "SDP-OA-002", ..first }.holds(&call);
        Law { broken: "SDP-OA-002", ..second }.holds(&call);
    };
    changed(&both, &format!("{}{no_fax}", plain.replace("RTP/AVP", "RTP/SAVP")));
    changed(&audio("a=sendonly\n"), &audio("a=sendrecv\n"));
    changed(&both.replace("20000", "0"), &both);
    let timed = exchange(sdp("192.0.2.70", &plain), sdp("198.51.100.70", &plain).replace("t=0 0", "t=5 0"));
    Law { broken: "SDP-OA-002", ..first }.holds(&timed);
    Law { broken: "SDP-OA-002", ..second }.holds(&timed);
    // What would make them right may follow.
    for (offer, answer) in [
        (audio("") + "a=pcfg:1 t=1\n", plain.replace("RTP/AVP", "RTP/SAVP")),
        (audio("") + "a=sendonly\n", audio("") + "a=recvonly\n"),
        (plain.replace("20000", "0") + "a=bundle-only\n", plain.clone()),
    ] {
        Law { open: "SDP-OA-002", ..first }.holds(of(&offer, &answer));
        Law { open: "SDP-OA-002", ..second }.holds(of(&offer, &answer));
    }

    // Telephone events of a stream that is whole on both sides, or of the offer alone.
    let without = "m=audio 20000 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n";
    Law { broken: "MED-MODE-002", ..second }.holds(of(&plain, &format!("{without}{no_fax}").repeat(2)));
    Law { broken: "MED-MODE-002", ..second }.holds(of(without, &plain));
    let tones = EVERYTHING.replace("methods = [\"rfc4733\"]", "methods = [\"inband\"]");
    Law { policy: &tones, broken: "MED-MODE-002", ..second }.holds(of(&both, &both));
    Law { policy: &tones, open: "MED-MODE-002", ..first }.holds(of(&both, &both));

    // Fax: offered, accepted, refused, and with which parameters.
    let forbidden = EVERYTHING.replace("t38 = \"supported\"", "t38 = \"forbidden\"");
    let required = EVERYTHING.replace("t38 = \"supported\"", "t38 = \"required\"\nversion = [0]\nmax_bit_rate = [14400]");
    let fast = format!("{plain}{fax}a=T38FaxVersion:0\na=T38MaxBitRate:33600\na=tool:none\n");
    let slow = fast.replace("33600", "14400");
    for law in [first, second] {
        Law { policy: &forbidden, broken: "MED-MODE-003", ..law }.holds(of(&slow, &slow));
        Law { policy: &required, broken: "MED-MODE-003", ..law }.holds(of(&slow, &format!("{plain}{no_fax}a=tool:none\n")));
        Law { policy: &required, broken: "MED-MODE-003", ..law }.holds(of(&fast, &fast));
        Law { policy: &required, open: "MED-MODE-003", ..law }.holds(of(&slow, &slow));
    }
    // No G.711 in what is there of an offer: it may follow.
    let wide = "m=audio 20000 RTP/AVP 9 101\n".to_owned() + EVENTS;
    Law { open: "MED-MODE-003", ..first }.holds(of(&format!("{wide}{plain}"), &format!("{wide}{plain}")));

    // Who begins with DTLS.
    let keyed = |role: &str| format!("m=audio 20000 UDP/TLS/RTP/SAVP 8\na=setup:{role}\na=fingerprint:sha-256 02:1A:CC\n");
    for law in [first, second] {
        Law { broken: "MSEC-DTLS-003", ..law }.holds(of(&keyed("active"), &keyed("active")));
        Law { open: "MSEC-DTLS-003", ..law }.holds(of(&keyed("actpass"), &keyed("active")));
    }
    Law { broken: "MSEC-DTLS-003", ..first }.holds(of(&keyed("actpass"), &keyed("actpass")));
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
    // Of a stream that is refused nothing else matters, but the one before it must be there whole.
    let refused = |from: &str, least: usize| {
        let mut said = call("m=audio 20000 RTP/AVP 8\n");
        said[1].text = said[1].text.replace("m=audio 20004", "m=audio 0");
        let at = said[1].text.find(from).unwrap() + least;
        let pieces: Vec<(Frame, usize)> = vec![(said[0].frame(), usize::MAX), (said[1].frame(), HEADS + at)];
        judged_in(&held(1, pieces.iter().map(|(frame, most)| (frame, *most))), EVERYTHING)
    };
    for rule in ["SDP-OA-003", "SDP-OA-004"] {
        assert_eq!((counts(&refused("a=ptime", 4), rule), reasons(&refused("a=ptime", 4), rule)), ([1, 0, 0], vec![]), "{rule}");
        for cut in [refused("m=audio 0", 4), refused("m=audio 0", 9)] {
            assert_eq!(reasons(&cut, rule), [("truncated".to_owned(), 1)], "{rule}");
        }
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

/// A second offer inside the dialog and its answer, with their o= lines.
fn again(offer: &'static str, answer: &'static str, more: &'static str) -> impl Fn(&str) -> Vec<Said> {
    const MEDIA: &str = "m=audio 20000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\na=ptime:20\n";
    let inside = |name: &str, said: Said| {
        let text = said.text.replace("bravo.example>\r\n", &format!("bravo.example>;tag=b-{name}\r\n"));
        Said { text: text.replace("CSeq: 1 ", "CSeq: 2 ").replace("-INVITE\r\n", "-AGAIN2\r\n"), ..said }
    };
    let body = |address: &str, origin: &str, media: &str| sdp(address, media).replace("- 1 1", origin);
    move |name: &str| {
        let sdp = "Content-Type: application/sdp\n";
        vec![
            request(0.0, name, "INVITE", sdp, &body("192.0.2.70", "- 1 1", MEDIA)),
            response(0.2, name, 200, "INVITE", sdp, &body("198.51.100.70", "- 1 1", MEDIA)),
            inside(name, request(0.6, name, "INVITE", sdp, &body("192.0.2.70", offer, &format!("{MEDIA}{more}")))),
            inside(name, response(0.8, name, 200, "INVITE", sdp, &body("198.51.100.70", answer, &format!("{MEDIA}{more}")))),
        ]
    }
}

/// A session goes on with what its o= lines say; the rest tells only where they stay the same.
#[test]
pub(crate) fn another_offer() {
    let rule = "SDP-OA-005";
    let offer_is_cut = Law { message: Some(2), ..Law::default() };
    // Another session, in the answer; nothing else of it changed, so that what is cut could be wrong in no other way.
    Law { open: rule, broken: rule, ..Law::default() }.holds(again("- 1 2", "- 7 1", ""));
    Law { broken: rule, ..offer_is_cut }.holds(again("- 7 1", "- 1 2", ""));
    // The version is raised: whatever changes.
    Law { open: rule, kept: rule, ..Law::default() }.holds(again("- 1 2", "- 1 2", "a=sendonly\n"));
    Law { kept: rule, ..offer_is_cut }.holds(again("- 1 2", "- 1 2", "a=sendonly\n"));
    // It is not: the last line makes the difference, or there is none.
    Law { open: rule, broken: rule, ..Law::default() }.holds(again("- 1 2", "- 1 1", "a=sendonly\nm=audio 0 RTP/AVP 8\n"));
    Law { open: rule, ..Law::default() }.holds(again("- 1 2", "- 1 1", ""));
    Law { open: rule, ..offer_is_cut }.holds(again("- 1 1", "- 1 2", ""));
    // Once more a description that says the same, after one of which the capture holds a part.
    Law { message: Some(0), open: rule, ..Law::default() }.holds(again("- 1 1", "- 1 2", ""));
    // The offer itself is cut, its answer whole.
    let cut = again("- 1 2", "- 7 1", "")("n0000");
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

/// Rules that speak of what did not pass, too.
const OF_CALLS: [&str; 3] = ["TXN-", "DLG-", "ACC-BYE-"];

/// Answered, asked anew and hung up by either side; cancelled; challenged and refused; and with reliable provisional responses.
pub(crate) fn calls() -> [fn(&str) -> Call; 4] {
    let answered = |id: &str| {
        let mut call = Call::new(id);
        call.invite(0.0).answer(0.1, 100).answer(1.0, 180).answer(2.0, 200).ack(2.1);
        call.again(4.0, "X-In-Dialog\r\n").answer(4.1, 200).ack(4.2).bye(10.0, false).bye_answer(10.1, 200, false);
        call
    };
    let cancelled = |id: &str| {
        let mut call = Call::new(id);
        call.invite(0.0).answer(0.1, 100).answer(1.0, 180);
        call.request(3.0, "CANCEL", 1, true, "").response(3.05, 200, "CANCEL", 1, true, "").answer(3.1, 487);
        call
    };
    let challenged = |id: &str| {
        let mut call = Call::new(id);
        call.invite(0.0).answer(0.1, 407).again(0.2, "").answer(0.3, 100).answer(1.0, 486);
        call
    };
    let reliable = |id: &str| {
        let mut call = Call::new(id);
        call.request(0.0, "INVITE", 1, true, "Supported: 100rel\r\n").answer(0.1, 100);
        call.response(0.5, 183, "INVITE", 1, true, "Require: 100rel\r\nRSeq: 1\r\n");
        call.request(0.6, "PRACK", 2, true, "RAck: 1 1 INVITE\r\n").response(0.7, 200, "PRACK", 2, true, "");
        call.response(2.0, 200, "INVITE", 1, true, "").request(2.1, "ACK", 1, true, "");
        call.request(9.0, "BYE", 3, true, "").response(9.1, 200, "BYE", 3, true, "");
        call
    };
    [answered, cancelled, challenged, reliable]
}

/// Nobody is blamed for what may have been in the one message of a call that the capture cut, wherever it cut it. Four octets tell that SIP passed.
#[test]
pub(crate) fn each_message_of_a_call() {
    // Longer than anything waits, so that no copy of the call hides what happened in another.
    let apart = 600.0;
    let blamed = |frames: &[(Frame, usize)]| {
        let report = judged_in(&held(1, frames.iter().map(|(frame, most)| (frame, *most))), "schema = 1\n");
        let rows = report["rules"].as_array().unwrap().iter().filter(|row| row["violation"] != 0);
        let ids = rows.map(|row| row["id"].as_str().unwrap()).filter(|id| OF_CALLS.iter().any(|family| id.starts_with(family)));
        let blamed = ids.map(|id| format!("{id} {:?}", crate::report::found(&report, id))).collect::<Vec<_>>();
        (blamed, ["attempts", "failed", "cancelled"].map(|total| report["totals"][total].as_u64().unwrap()))
    };
    for make in calls() {
        let count = make("whole").frames.len();
        let (none, totals) = blamed(&capture(vec![make("whole")], apart).into_iter().map(|frame| (frame, usize::MAX)).collect::<Vec<_>>());
        assert_eq!(none, [""; 0]);
        for message in 0..count {
            let mut frames = Vec::new();
            let length = make("n0000").frames[message].octets.len();
            for (copy, most) in (HEADS + 4..length).enumerate() {
                let call = make(&format!("n{most:04}")).frames.into_iter().enumerate();
                frames.extend(call.map(|(n, mut frame)| {
                    frame.micros += copy as u64 * 600_000_000;
                    (frame, if n == message { most } else { usize::MAX })
                }));
            }
            let end = capture(Vec::new(), apart * length as f64).remove(0);
            frames.push((end, usize::MAX));
            let (none, cut) = blamed(&frames);
            assert_eq!(none, [""; 0], "message {message} of {count}");
            // What is not known to have failed has not, and one session request is one.
            let most = totals.map(|total| total * (length - HEADS - 4) as u64);
            assert!(cut.iter().zip(most).all(|(cut, most)| *cut <= most), "message {message} of {count}: {cut:?} of {most:?}");
        }
    }
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

/// Halves of two PASSporTs, or of two charging identifiers, may be the same: that the capture shows no more of them accuses nobody of a replay.
#[test]
fn what_two_calls_have_in_common_as_far_as_the_capture_goes_is_no_reuse() {
    let signed = |name: &str, iat: u64| {
        let claims = format!(
            "{{\"attest\":\"A\",\"dest\":{{\"tn\":[\"4420555000\"]}},\"iat\":{},\"orig\":{{\"tn\":\"4930111\"}}}}",
            EPOCH / 1_000_000 + iat
        );
        request(iat as f64, name, "INVITE", &identity("shaken", &claims), "")
    };
    let charged = |name: &str, id: &str| request(1.0, name, "INVITE", &format!("P-Charging-Vector: icid-value=edge-{id}\n"), "");
    let policy = EVERYTHING.replace("freshness_s = 86400", "freshness_s = 86400\nreplay_window_s = 120");
    for said in [[signed("one", 0), signed("two", 1)], [charged("one", "1111"), charged("two", "2222")]] {
        let frames = frames(&said);
        let most = frames.iter().map(|frame| frame.octets.len()).max().unwrap();
        for kept in 200..most {
            let cut = held(1, frames.iter().map(|frame| (frame, kept.min(frame.octets.len()))));
            let report = judged_in(&cut, &policy);
            let told = report["findings"].as_array().unwrap().iter().filter_map(|finding| finding["observed"].as_str());
            assert!(!told.clone().any(|observed| observed.contains("of another")), "{kept} octets");
        }
    }
}

/// Of two copies of an INVITE, as a client or a second hop sends them, the capture cuts the one or the other: what answers one answers both.
#[test]
fn a_copy_that_lacks_its_end_waits_for_nothing() {
    let mut call = Call::new("copies");
    call.invite(40.0).invite(40.5).answer(41.0, 180).answer(42.0, 200).ack(42.1).bye(60.0, true).bye_answer(60.1, 200, true);
    let frames = capture(vec![call], 200.0);
    for (copy, kept) in (0..2).flat_map(|copy| (HEADS + 20..frames[copy].octets.len()).step_by(9).map(move |kept| (copy, kept))) {
        let cut = frames.iter().enumerate().map(|(n, frame)| (frame, if n == copy { kept } else { frame.octets.len() }));
        let report = judged_in(&held(1, cut), crate::made::program::PEERS);
        let told = report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap());
        assert_eq!(told.filter(|rule| rule.starts_with("TXN-")).collect::<Vec<_>>(), [""; 0], "copy {copy}, {kept} octets");
    }
}

/// Requests that are cut within their tag, or before their branch, are not known to be others: no tag changed, and none was sent again too soon.
#[test]
fn what_a_request_lacks_did_not_change() {
    let lines = |number: u32, to: &str| {
        format!(
            "To: <sip:+4420555000@bravo.example>{to}\nFrom: <sip:+4930111@alpha.example>;tag=a-turned\nCall-ID: turned@alpha.example\nCSeq: {number} OPTIONS\nVia: SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bK-{number}\nContent-Length: 0\n\n"
        )
    };
    let asked = |at: f64, number: u32| Said {
        at,
        from_alpha: true,
        text: format!("OPTIONS sip:bravo.example SIP/2.0\n{}", lines(number, "")).replace('\n', "\r\n"),
    };
    let answered = |at: f64, number: u32| Said {
        at,
        from_alpha: false,
        text: format!("SIP/2.0 200 OK\n{}", lines(number, ";tag=b")).replace('\n', "\r\n"),
    };
    let frames = frames(&[asked(40.0, 1), answered(40.1, 1), asked(40.2, 2), answered(40.3, 2)]);
    for kept in HEADS + 20..frames[0].octets.len() {
        let cut = frames.iter().map(|frame| (frame, if frame.octets[42] == b'O' { kept } else { frame.octets.len() }));
        let report = judged_in(&held(1, cut), crate::made::program::PEERS);
        let told = report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap());
        assert_eq!(
            told.filter(|rule| rule.starts_with("DLG-TAG") || rule.starts_with("TXN-RETX")).collect::<Vec<_>>(),
            [""; 0],
            "{kept} octets"
        );
    }
}
