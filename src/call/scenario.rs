//! Takes a short script of messages, gives what the calls reported of it, never more than tests need.
//!
//! A line is `TIME SOURCE>DESTINATION METHOD CSEQ …` or `TIME SOURCE>DESTINATION CODE METHOD CSEQ …`, followed by options:
//! `from=` and `to=` tags (from: `f`), `br=` branch, `id=` Call-ID, `uri=` Request-URI, `sdp=` a body, `ip=` IP identification, `tcp`,
//! and `Name:value` for a header, with `_` for a space. Hosts are letters: `a` is 192.0.2.97, port 5060.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::*;
use crate::base::{Endpoint, Origin, Time, Transport, seconds};
use crate::sdp::Description;
use crate::sip::{self, Arrival, Method};
use crate::transport::Envelope;

/// What was reported.
pub(super) struct Played {
    pub(super) places: Vec<Place>,
    pub(super) happenings: Vec<Happening>,
}

pub(super) const SETTINGS: Settings = Settings { t1: 500_000_000, timer_c: seconds(180), mirror_window: 1_000_000, start: Time(0) };

pub(super) fn time(text: &str) -> Time {
    Time((text.parse::<f64>().unwrap() * 1e9).round() as i64)
}

/// Plays a script to its end at `end` seconds.
pub(super) fn play(script: &str, end: &str) -> Played {
    play_arrivals(&arrivals(script), time(end), |_| false)
}

/// Plays arrivals, running the timers after those that `tick` picks.
pub(super) fn play_arrivals(arrivals: &[Arrival], end: Time, tick: impl Fn(usize) -> bool) -> Played {
    let mut calls = Calls::new(SETTINGS);
    let mut happenings = Vec::new();
    let mut places = Vec::new();
    let mut before = Time::MIN;
    for (n, arrival) in arrivals.iter().enumerate() {
        let body = arrival.message.body();
        let sdp = (!body.is_empty()).then(|| Arc::new(Description::parse(body)));
        let seen = happenings.len();
        places.push(calls.on(arrival, sdp.as_ref(), &mut happenings));
        if tick(n) {
            calls.advance(arrival.envelope.clock, &mut happenings);
        }
        for report in &happenings[seen..] {
            if let Happening::Load(load) = &report.happening {
                assert!(before <= load.at && load.at <= arrival.envelope.clock);
            }
        }
        before = arrival.envelope.clock;
    }
    calls.finish(end, &mut happenings);
    assert_eq!(calls.live(), 0);
    Played { places, happenings: happenings.into_iter().map(|report| report.happening).collect() }
}

pub(super) fn arrivals(script: &str) -> Vec<Arrival> {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.enumerate().map(|(n, line)| arrival(n, line)).collect()
}

fn host(letter: &str) -> Endpoint {
    Endpoint::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, letter.as_bytes()[0])), 5060)
}

fn arrival(serial: usize, line: &str) -> Arrival {
    let mut words = line.split_whitespace().peekable();
    let at = time(words.next().unwrap());
    let (source, destination) = words.next().unwrap().split_once('>').unwrap();
    let code = words.next_if(|word| word.parse::<u16>().is_ok());
    let method = words.next().unwrap();
    let cseq = words.next().unwrap();
    let (mut from, mut to, mut id, mut uri) = ("f", None, "c", "sip:bob@b.example".to_owned());
    let transaction = if method == "CANCEL" { "INVITE" } else { method };
    let mut branch = format!("z9hG4bK{transaction}{cseq}");
    let (mut body, mut ip_id, mut transport) = (String::new(), u32::try_from(serial).unwrap() + 1, Transport::Udp);
    let mut headers = String::new();
    for option in words {
        match option.split_once('=') {
            _ if option == "tcp" => transport = Transport::Tcp,
            _ if option.contains(':') && !option.starts_with("uri=") => {
                headers += &format!("{}\r\n", option.replacen(':', ": ", 1).replace('_', " "));
            }
            Some(("from", tag)) => from = tag,
            Some(("to", tag)) => to = Some(tag),
            Some(("br", value)) => branch = value.to_owned(),
            Some(("id", value)) => id = value,
            Some(("uri", value)) => uri = value.to_owned(),
            Some(("ip", value)) => ip_id = value.parse().unwrap(),
            Some(("sdp", name)) => {
                body = format!("v=0\r\no={name} 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n");
            }
            _ => panic!("no such option: {option}"),
        }
    }
    let start = code.map_or_else(|| format!("{method} {uri} SIP/2.0"), |code| format!("SIP/2.0 {code} Why"));
    let to = to.map(|tag| format!(";tag={tag}")).unwrap_or_default();
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    let client = if code.is_some() { destination } else { source };
    let text = format!(
        "{start}\r\nVia: SIP/2.0/UDP {client}.example;branch={branch}\r\nFrom: <sip:+4930123@a.example>;tag={from}\r\n\
         To: <sip:bob@b.example>{to}\r\nCall-ID: {id}\r\nCSeq: {cseq} {method}\r\n{headers}{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let message = sip::parse(text.as_bytes(), false).unwrap();
    let serial = u64::try_from(serial).unwrap();
    let origin = Origin { serial, capture: 0, frame: u32::try_from(serial).unwrap() + 1 };
    let (source, destination) = (host(source), host(destination));
    let envelope = Envelope { origin, first: at, last: at, clock: at, source, destination, transport, ip_id, ..Envelope::default() };
    Arrival { envelope, message, ..Arrival::default() }
}

impl Played {
    pub(super) fn sessions(&self) -> Vec<&Session> {
        self.happenings.iter().filter_map(|h| if let Happening::Session(s) = h { Some(&**s) } else { None }).collect()
    }

    /// The only session.
    pub(super) fn session(&self) -> &Session {
        let [session] = self.sessions()[..] else { panic!("{} sessions", self.sessions().len()) };
        session
    }

    pub(super) fn transactions(&self, method: Method) -> Vec<&Transaction> {
        let all = self.happenings.iter().filter_map(|h| if let Happening::Transaction(t) = h { Some(t) } else { None });
        all.filter(|t| t.method == Some(method)).collect()
    }

    pub(super) fn dialogs(&self) -> Vec<&Dialog> {
        self.happenings.iter().filter_map(|h| if let Happening::Dialog(d) = h { Some(d) } else { None }).collect()
    }

    pub(super) fn exchanges(&self) -> Vec<&OfferAnswer> {
        self.happenings.iter().filter_map(|h| if let Happening::OfferAnswer(e) = h { Some(e) } else { None }).collect()
    }

    /// Changes of load as `(seconds, kind)`.
    pub(super) fn load(&self) -> Vec<(f64, LoadKind)> {
        let seconds = |l: &LoadEvent| (l.at.0 as f64 / 1e9, l.kind);
        self.happenings.iter().filter_map(|h| if let Happening::Load(l) = h { Some(seconds(l)) } else { None }).collect()
    }
}
