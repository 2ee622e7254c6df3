//! Takes connections that are asked for and carry no SIP, gives a failure where a stranger at the door is not told, never what TLS came to.

use std::net::Ipv4Addr;

use crate::made::calls::{ALPHA, BRAVO};
use crate::made::program::{PEERS, judged, judged_by};
use crate::made::{Frame, ethernet, micros};
use crate::message::request;
use crate::report::{counts, found};

const RULE: &str = "NET-SBE-001";

fn frame(at: f64, source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, payload: &[u8]) -> Frame {
    Frame { micros: micros(at), octets: ethernet(source, destination, protocol, 1, 0, payload) }
}

/// The first segment of a TCP connection (RFC 9293 §3.1).
fn syn(at: f64, source: Ipv4Addr, (destination, port): (Ipv4Addr, u16)) -> Frame {
    let header = [&40_000u16.to_be_bytes()[..], &port.to_be_bytes(), &7u32.to_be_bytes(), &[0; 4], &[0x50, 2, 0xff, 0xff, 0, 0, 0, 0]];
    frame(at, source, destination, 6, &header.concat())
}

/// The first packet of an SCTP association (RFC 9260 §3.3.2).
fn init(at: f64, source: Ipv4Addr, (destination, port): (Ipv4Addr, u16)) -> Frame {
    let chunk = [&[1, 0, 0, 20][..], &9u32.to_be_bytes(), &65_536u32.to_be_bytes(), &[0, 1, 0, 1], &1u32.to_be_bytes()];
    let packet = [&40_000u16.to_be_bytes()[..], &port.to_be_bytes(), &[0; 8], &chunk.concat()];
    frame(at, source, destination, 132, &packet.concat())
}

const STRANGER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);

/// `standards.md`, NET-SBE-001: a SYN or an INIT to a port of SIP counts as a request does.
#[test]
pub(crate) fn strangers_at_the_door() {
    let observed = |frames: &[Frame], terms: &str| {
        let report = judged(frames, terms);
        (found(&report, RULE).iter().map(|(_, observed, _)| (*observed).to_owned()).collect::<Vec<_>>(), counts(&report, RULE))
    };
    let told = (vec!["connections from 203.0.113.9 to bravo-sbe".to_owned()], [0, 1, 0]);
    assert_eq!(observed(&[syn(0.0, STRANGER, BRAVO), syn(1.0, STRANGER, BRAVO)], ""), told);
    assert_eq!(observed(&[init(0.0, STRANGER, BRAVO)], ""), told);
    assert_eq!(observed(&[syn(0.0, STRANGER, (BRAVO.0, 5090))], "[security.tls]\nports = [5090]\n"), told);
    let nothing = (Vec::new(), [0, 0, 0]);
    assert_eq!(observed(&[syn(0.0, STRANGER, (BRAVO.0, 22))], ""), nothing, "no port of SIP");
    assert_eq!(observed(&[syn(0.0, STRANGER, (Ipv4Addr::new(198, 18, 0, 1), 5060))], ""), nothing, "nobody's element");
    let inside = "[connectivity]\ncapture_point = \"inside-bravo\"\n";
    assert_eq!(observed(&[syn(0.0, STRANGER, BRAVO)], inside), nothing, "bravo's own core");
    let kept = (Vec::new(), [1, 0, 0]);
    assert_eq!(observed(&[syn(0.0, ALPHA.0, BRAVO)], ""), kept);
}

/// One fault, one finding: where SIP passed, its requests are judged.
#[test]
pub(crate) fn a_stranger_who_speaks_is_told_by_what_it_says() {
    let octets = request(1.0, "stranger", "OPTIONS", "", "").text;
    let spoken = crate::made::udp(1.0, (STRANGER, 5060), BRAVO, octets.as_bytes());
    let report = judged(&[syn(0.0, STRANGER, BRAVO), spoken], "");
    assert_eq!(found(&report, RULE).iter().map(|f| f.1).collect::<Vec<_>>(), ["requests from 203.0.113.9 to bravo-sbe"]);
}

/// A port scan of everything, and a flood from forged sources, are each told in a few lines.
#[test]
pub(crate) fn scans_are_told_in_a_few_lines() {
    let ports = (1..2000u16).map(|port| syn(f64::from(port) / 1000.0, STRANGER, (BRAVO.0, port + 4000)));
    let report = judged(&ports.collect::<Vec<_>>(), "");
    assert_eq!(found(&report, RULE).len(), 1);
    let forged = (0..3000u32).map(|n| syn(f64::from(n) / 1000.0, Ipv4Addr::from(0x0b00_0000 + n * 7919), BRAVO));
    let forged: Vec<Frame> = forged.collect();
    let report = judged_by(&forged, PEERS);
    let told = found(&report, RULE);
    assert_eq!((told.len(), counts(&report, RULE)), (17, [0, 17, 0]));
    let further =
        report["findings"].as_array().unwrap().iter().find(|f| f["observed"] == "connections from further hosts to bravo-sbe").unwrap();
    assert!(further["exhibits"][0]["excerpt"].as_str().unwrap().contains("the first of 2984"), "{further}");
}
