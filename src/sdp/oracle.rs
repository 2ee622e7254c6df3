//! Takes bodies, gives whether we read them as `sdp-types` and `sdp-rs` do where these are right, never panics on any; tests only.

use std::path::{Path, PathBuf};

use sdp_types::Session;

use super::scan::token;
use super::{Body, Description, Engine, Heard, Line, Slot};

const BODIES: &[&str] = &[
    "v=0\r\no=- 20518 0 IN IP4 203.0.113.1\r\ns=-\r\nc=IN IP4 203.0.113.1\r\nt=0 0\r\na=ice-ufrag:F7gI\r\na=fingerprint:sha-256 D1:2C\r\nm=audio 54609 UDP/TLS/RTP/SAVPF 109 0 8\r\na=mid:0\r\na=rtpmap:109 opus/48000/2\r\na=candidate:0 1 UDP 2122194687 192.0.2.4 61665 typ host\r\na=rtcp:60065 IN IP4 203.0.113.1\r\na=rtcp-mux\r\n",
    "v=0\r\no=bob 2808844564 2808844564 IN IP4 host.example\r\ns=\r\nc=IN IP4 host.example\r\nt=0 0\r\nm=audio 49174 RTP/AVP 0\r\na=recvonly\r\nm=video 0 RTP/AVP 31\r\nb=AS:64\r\nm=image 0 udptl t38\r\na=T38FaxVersion:0\r\n",
    "v=0\no=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\ns=Call\ni=info\nu=http://x.example/\ne=j@x.example\np=+1 617 555-6011\nc=IN IP4 233.252.0.1/127\nb=X-YZ:128\nt=3724394400 3724398000\nr=604800 3600 0 90000\nz=3730928400 -1h 3749680800 0\nk=prompt\nm=audio 49170/2 RTP/AVP 0\nc=IN IP4 233.252.0.2/127/3\nm=message 7394 TCP/MSRP *\na=path:msrp://a.example:7394/2s93i9ek2a;tcp",
];

/// What both readers must agree on: of each m= line its words, its connections and its attributes; the session's attributes first.
type Reading = (Vec<String>, Vec<(String, Vec<String>, Vec<String>)>);

fn theirs(session: &Session) -> Reading {
    let attributes = |list: &[sdp_types::Attribute]| {
        list.iter().map(|a| format!("{}:{}", a.attribute, a.value.as_deref().unwrap_or_default())).collect()
    };
    let media = session.medias.iter().map(|m| {
        let ports = m.num_ports.map_or(String::new(), |n| format!("/{n}"));
        let formats: Vec<_> = m.fmt.split_ascii_whitespace().collect();
        let words = format!("{} {}{ports} {} {}", m.media.to_ascii_lowercase(), m.port, m.proto, formats.join(" "));
        (words, m.connections.iter().map(|c| c.connection_address.clone()).collect(), attributes(&m.attributes))
    });
    (attributes(&session.attributes), media.collect())
}

fn ours(d: &Description) -> Reading {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let of_kind = |range: std::ops::Range<usize>, kind| d.lines()[range].iter().filter(move |l: &&Line| l.kind == kind);
    let attributes = |range| of_kind(range, b'a').map(|l| text(d.at(l.value))).collect();
    let address = |l: &Line| text(d.at(l.value).split(u8::is_ascii_whitespace).next_back().unwrap_or_default());
    let media = d.media().iter().map(|m| {
        let value = text(d.at(m.line));
        let fields: Vec<_> = value.split_ascii_whitespace().collect();
        let ports = fields[1].split_once('/').map_or(String::new(), |(_, n)| format!("/{n}"));
        let words = format!("{} {}{ports} {} {}", m.kind, m.port, m.proto, fields[3..].join(" "));
        (words, of_kind(m.lines.clone(), b'c').map(address).collect(), attributes(m.lines.clone()))
    });
    (attributes(d.session_lines()), media.collect())
}

/// Compares where `sdp-types` accepts the body; gives whether it does.
fn compare(body: &[u8], name: &str) -> bool {
    let Ok(session) = Session::parse(body) else { return false };
    let trimmed = |(session, media): Reading| {
        let trim = |list: Vec<String>| list.iter().map(|s| s.trim_end().trim_end_matches(':').to_owned()).collect::<Vec<_>>();
        (trim(session), media.into_iter().map(|(words, c, a)| (words, trim(c), trim(a))).collect::<Vec<_>>())
    };
    assert_eq!(trimmed(ours(&Description::parse(body))), trimmed(theirs(&session)), "{name}");
    true
}

#[test]
fn agrees_with_sdp_types() {
    for body in BODIES {
        assert!(compare(body.as_bytes(), body));
    }
}

/// SDP files, and the bodies of files that hold a SIP message, below a directory.
fn bodies_below(directory: &Path, out: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            bodies_below(&entry, out);
        } else {
            let text = std::fs::read(&entry).unwrap();
            let start = memchr::memmem::find(&text, b"\nv=0").map(|n| n + 1).or_else(|| text.starts_with(b"v=0").then_some(0));
            out.extend(start.map(|n| (entry, text[n..].to_vec())));
        }
    }
}

#[test]
fn agrees_with_sdp_types_on_bodies_of_the_field() {
    let Some(corpora) = std::env::var_os("SPEERLINT_CORPORA") else {
        #[allow(clippy::print_stderr)] // Skipping has to be heard.
        {
            eprintln!("SKIPPED: set SPEERLINT_CORPORA to a directory with SDP bodies to compare on them");
        }
        return;
    };
    let mut bodies = Vec::new();
    bodies_below(Path::new(&corpora), &mut bodies);
    let accepted = bodies.iter().filter(|(path, body)| compare(body, &path.display().to_string())).count();
    assert!(accepted * 2 > bodies.len(), "sdp-types accepts only {accepted} of {}", bodies.len());
}

/// Checks what must hold of any body at all.
fn survives(body: &[u8]) {
    let d = Description::parse(body);
    let inside = |span: crate::base::Span| span.start <= span.end && span.end as usize <= body.len();
    assert!(d.lines().iter().all(|l| inside(l.value)) && d.flaws().iter().all(|f| inside(f.at)));
    assert_eq!(d.lines().iter().filter(|l| l.kind == b'm').count(), d.media().len());
    for m in d.media() {
        assert!(inside(m.line) && m.connection.is_none_or(inside) && m.lines.end <= d.lines().len());
        assert!(m.codecs.iter().all(|c| inside(c.at) && c.fmtp.is_none_or(inside)));
        assert!(
            d.candidates(m).all(|c| inside(c.at))
                && d.cryptos(m).all(|c| inside(c.at))
                && d.fingerprints(m.lines.clone()).all(|f| inside(f.at))
        );
        let _ = d.rtcp(m);
    }
    let _ = sdp_rs::SessionDescription::try_from(&d);
    let _ = super::find(b"multipart/mixed;boundary=0", body);
    let _ = token(body);
}

#[test]
fn any_mutation_is_survived() {
    // A fixed sequence (xorshift64*), so that a failure comes again.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        usize::try_from(state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % below.max(1)
    };
    let pieces: &[&[u8]] = &[
        b"m=",
        b"a=rtpmap:",
        b"\n",
        b"\r\n",
        b"99999999999999999999",
        b"/",
        b" ",
        b"\xff",
        b"--0",
        b":",
        b"c=IN IP4 ",
        b"a=candidate:1 1 u 1 ",
    ];
    for round in 0..20_000 {
        let mut body = BODIES[round % BODIES.len()].as_bytes().to_vec();
        for _ in 0..=random(6) {
            let (from, to) = (random(body.len()), random(body.len()));
            match random(4) {
                0 => body.truncate(from.max(1)),
                1 => drop(body.drain(from.min(to)..from.max(to).min(from.min(to) + 40))),
                2 => drop(body.splice(from..from, pieces[random(pieces.len())].iter().copied())),
                _ => body[from] = u8::try_from(random(256)).unwrap(),
            }
            if body.is_empty() {
                body.push(b'v');
            }
        }
        survives(&body);
    }
}

#[test]
fn the_engine_takes_any_order() {
    use Slot::*;
    let slots = [Invite, Provisional, ReliableProvisional, InviteSuccess, Ack, Prack, PrackSuccess, Update, UpdateSuccess, Failure];
    let body = std::sync::Arc::new(Description::parse(BODIES[0].as_bytes()));
    for seed in 0..4000_usize {
        let (mut engine, mut n, mut offers, mut exchanges) = (Engine::default(), seed, 0, 0);
        for _ in 0..8 {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let pick = n >> 40;
            let said = match pick & 6144 {
                0 => Body::Absent,
                2048 => Body::Unseen,
                _ => Body::Seen(&body),
            };
            let Heard { role, exchange, .. } = engine.on(slots[pick % 10], pick & 1024 == 0, said);
            offers += usize::from(matches!(role, Some(super::SdpRole::Offer | super::SdpRole::Either)));
            exchanges += usize::from(exchange.is_some());
            assert_eq!(exchange.is_some(), role == Some(super::SdpRole::Answer));
        }
        assert!(exchanges <= offers);
    }
}
