//! Takes a session description, gives the endpoints at which its sender wants media, never more of them than a call can need.

use std::net::SocketAddr;

use smallvec::SmallVec;

use crate::base::Endpoint;
use crate::sdp::{Address, Description, Media};

/// Endpoints of one body that are looked at: a dozen m= lines with the candidates of several interfaces each stay below it.
const MOST: usize = 128;

/// For what an endpoint was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// The media of an m= line.
    Media,
    /// A candidate for it (RFC 8839).
    Candidate,
    /// Its RTCP (RFC 3605, RFC 3550 §11).
    Rtcp,
}

/// An endpoint that a body names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The m= line, from 0.
    pub line: u16,
    /// For what.
    pub what: Use,
}

impl Named {
    /// The endpoints of a body, and whether it names more than are looked at.
    #[must_use]
    pub fn all(sdp: &Description) -> (SmallVec<[Self; 4]>, bool) {
        let own = wanted(sdp).flat_map(|(line, media)| of_line(sdp, line, media));
        let mut all: SmallVec<[Self; 4]> = own.chain(bundled(sdp)).take(MOST + 1).collect();
        let more = all.len() > MOST;
        all.truncate(MOST);
        (all, more)
    }
}

/// The m= lines that are wanted, with their numbers.
fn wanted(sdp: &Description) -> impl Iterator<Item = (u16, &Media)> {
    (0..u16::MAX).zip(sdp.media()).filter(|(_, media)| media.is_active())
}

/// What m= lines name that take the transport of another: that of the first in their group (RFC 9143 §7.1.3).
fn bundled(sdp: &Description) -> impl Iterator<Item = Named> {
    let groups = sdp.attributes(sdp.session_lines(), b"group").filter_map(|group| group.strip_prefix(b"BUNDLE "));
    groups.flat_map(move |tags| {
        let mut tags = tags.split(|&octet| octet == b' ').filter(|tag| !tag.is_empty());
        let line = move |tag: &[u8]| wanted(sdp).find(|(_, media)| sdp.attributes(media.lines.clone(), b"mid").any(|mid| mid == tag));
        let first = tags.next().and_then(line);
        let others = tags.filter_map(line).filter(move |(number, _)| first.is_none_or(|(first, _)| first != *number));
        others.flat_map(move |(line, _)| {
            let theirs = first.into_iter().flat_map(move |(first, media)| of_line(sdp, first, media));
            theirs.filter(|named| named.what != Use::Rtcp).map(move |named| Named { line, ..named })
        })
    })
}

fn of_line<'a>(sdp: &'a Description, line: u16, media: &'a Media) -> impl Iterator<Item = Named> + 'a {
    let named = move |what, address: &Address, port| {
        let ip = address.ip().filter(|ip| !ip.is_unspecified())?;
        Some(Named { endpoint: Endpoint::new(ip, port), line, what })
    };
    // Port 9 says that candidates follow (RFC 8840 §4.1.1).
    let own = media.address.as_ref().filter(|_| media.port != 9).and_then(|address| named(Use::Media, address, media.port));
    let rtcp = sdp.rtcp(media).and_then(|rtcp| named(Use::Rtcp, rtcp.address.as_ref().or(media.address.as_ref())?, rtcp.port));
    let candidates = sdp.candidates(media).filter(|c| c.port != 9 && c.transport.eq_ignore_ascii_case(b"udp")).flat_map(move |c| {
        let what = if c.component == 2 { Use::Rtcp } else { Use::Candidate };
        named(what, &c.address, c.port)
    });
    // An MSRP session listens where its path says (RFC 4975 §8.2); the first URI is the one to connect to.
    let path = sdp.attributes(media.lines.clone(), b"path").next().and_then(listens_at);
    let path = path.filter(|path| own.is_none_or(|own| own.endpoint != *path)).map(|endpoint| Named { endpoint, line, what: Use::Media });
    // A candidate that repeats the address of the m= line says nothing new.
    let candidates = candidates.filter(move |c| own.is_none_or(|own| own.endpoint != c.endpoint));
    own.into_iter().chain(path).chain(rtcp).chain(candidates)
}

/// Where the first URI of a path says that its session listens, if that is an address.
fn listens_at(path: &[u8]) -> Option<Endpoint> {
    let first = std::str::from_utf8(path).ok()?.split(' ').next()?;
    let authority = first.split_once("://")?.1.split('/').next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let end: SocketAddr = host.parse().ok()?;
    Some(Endpoint::new(end.ip(), end.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(media: &str) -> (Vec<String>, bool) {
        let (all, more) = Named::all(&Description::parse(format!("v=0\nc=IN IP4 192.0.2.70\n{media}").as_bytes()));
        (all.iter().map(|n| format!("{} {:?} {}", n.line, n.what, n.endpoint)).collect(), more)
    }

    #[test]
    fn the_address_of_the_line_its_rtcp_and_its_candidates() {
        let body = "m=audio 4000 RTP/AVP 8\na=rtcp:4009\na=candidate:1 1 UDP 1 192.0.2.70 4000 typ host\n\
            a=candidate:2 1 UDP 1 203.0.113.9 5000 typ srflx\na=candidate:2 2 UDP 1 203.0.113.9 5001 typ srflx\n\
            a=candidate:3 1 TCP 1 192.0.2.70 9 typ host tcptype active\nm=video 0 RTP/AVP 31\nm=image 4010 udptl t38\n";
        let expected = [
            "0 Media 192.0.2.70:4000",
            "0 Rtcp 192.0.2.70:4009",
            "0 Candidate 203.0.113.9:5000",
            "0 Rtcp 203.0.113.9:5001",
            "2 Media 192.0.2.70:4010",
        ];
        assert_eq!(named(body), (expected.map(str::to_owned).to_vec(), false));
    }

    /// RFC 4975 §8.2, and one whose m= line says that somebody else will connect.
    #[test]
    fn a_session_of_messages_listens_where_its_path_says() {
        let of = |port: u16, path: &str| named(&format!("m=message {port} TCP/MSRP *\na=accept-types:text/plain\na=path:{path}\n")).0;
        assert_eq!(of(7394, "msrp://192.0.2.70:7394/2s93i9ek2a;tcp"), ["0 Media 192.0.2.70:7394"]);
        let relayed = of(9, "msrps://user@[2001:db8::7]:2855/x;tcp msrp://192.0.2.70:7394/2s93i9ek2a;tcp");
        assert_eq!(relayed, ["0 Media [2001:db8::7]:2855"]);
        assert_eq!(of(7394, "msrp://bob.example.com:8493/si438dsaodes;tcp"), ["0 Media 192.0.2.70:7394"]);
    }

    #[test]
    fn hold_names_nobody() {
        assert_eq!(named("m=audio 4000 RTP/AVP 8\nc=IN IP4 0.0.0.0\nm=audio 9 RTP/AVP 8\n").0, [""; 0]);
    }

    #[test]
    fn a_body_with_ten_thousand_ports_is_cut_and_says_so() {
        let body: String = (0..10_000).map(|n| format!("m=audio {} RTP/AVP 8\n", n + 1)).collect();
        let (all, more) = named(&body);
        assert_eq!((all.len(), more), (MOST, true));
    }
}
