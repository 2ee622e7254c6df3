//! Takes the attributes that name further addresses of a stream, gives these addresses, never which of them is used.

use super::scan::{number, token};
use super::{Address, Description, Media};
use crate::base::Span;

/// An ICE candidate (RFC 8839 §5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// 1 for RTP, 2 for RTCP.
    pub component: u16,
    /// `UDP`, `TCP` … as written.
    pub transport: &'a [u8],
    /// Where the peer may send.
    pub address: Address,
    /// At which port.
    pub port: u16,
    /// `host`, `srflx`, `prflx` or `relay`.
    pub kind: &'a [u8],
    /// The address behind it (`raddr`), where it is told.
    pub related: Option<Address>,
    /// Where the attribute stands in the body.
    pub at: Span,
}

/// Where RTCP is expected (RFC 3605 §2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtcp {
    /// The port.
    pub port: u16,
    /// The address, where it is another than that of the media.
    pub address: Option<Address>,
    /// Where the attribute stands in the body.
    pub at: Span,
}

impl Description {
    /// The ICE candidates of an m= line; those that cannot be read are left out.
    pub fn candidates<'a>(&'a self, media: &Media) -> impl Iterator<Item = Candidate<'a>> {
        self.attribute_lines(media.lines.clone(), b"candidate").filter_map(|(at, value)| candidate(value, at))
    }

    /// The `a=rtcp` of an m= line, where it can be read.
    #[must_use]
    pub fn rtcp(&self, media: &Media) -> Option<Rtcp> {
        self.attribute_lines(media.lines.clone(), b"rtcp").find_map(|(at, value)| {
            let (port, rest) = token(value)?;
            // Network and address type stand before the address.
            let address = token(rest).and_then(|(_, rest)| token(rest)).and_then(|(_, rest)| token(rest));
            Some(Rtcp { port: number(port)?, address: address.map(|(a, _)| Address::parse(a)), at })
        })
    }
}

/// `foundation component transport priority address port typ kind [raddr address] …`
fn candidate(value: &[u8], at: Span) -> Option<Candidate<'_>> {
    let (_foundation, rest) = token(value)?;
    let (component, rest) = token(rest)?;
    let (transport, rest) = token(rest)?;
    let (_priority, rest) = token(rest)?;
    let (address, rest) = token(rest)?;
    let (port, rest) = token(rest)?;
    let (b"typ", rest) = token(rest)? else { return None };
    let (kind, mut rest) = token(rest)?;
    let mut related = None;
    while let Some((name, behind)) = token(rest) {
        let Some((value, behind)) = token(behind) else { break };
        if name == b"raddr" {
            related = Some(Address::parse(value));
        }
        rest = behind;
    }
    Some(Candidate { component: number(component)?, transport, address: Address::parse(address), port: number(port)?, kind, related, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The candidates of RFC 8839 §5.1's example, an RTCP address of RFC 3605 §2.1's form, and lines that say nothing.
    #[test]
    fn addresses_beside_the_connection() {
        let body = "m=audio 45664 RTP/AVP 0\na=rtcp:53020 IN IP6 2001:db8::5\n\
            a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host\n\
            a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998 generation 0\n\
            a=candidate:3 1 UDP 12\na=candidate:4 x UDP 1 192.0.2.3 1 typ host\n";
        let d = Description::parse(body.as_bytes());
        let media = &d.media()[0];
        let rtcp = d.rtcp(media).unwrap();
        assert_eq!((rtcp.port, rtcp.address.unwrap().to_string()), (53020, "2001:db8::5".into()));
        let candidates: Vec<_> = d.candidates(media).collect();
        let [host, reflexive] = &candidates[..] else { panic!("{candidates:?}") };
        assert_eq!((host.kind, host.port, host.related.is_none()), (&b"host"[..], 8998, true));
        assert_eq!(reflexive.address.to_string(), "192.0.2.3");
        assert_eq!(reflexive.related.as_ref().unwrap().to_string(), "203.0.113.141");
        assert!(d.at(reflexive.at).starts_with(b"candidate:2"));
    }

    #[test]
    fn rtcp_may_be_a_port_alone() {
        let d = Description::parse(b"m=audio 4000 RTP/AVP 0\na=rtcp:4009\n");
        let rtcp = d.rtcp(&d.media()[0]).unwrap();
        assert_eq!((rtcp.port, rtcp.address), (4009, None));
    }
}
