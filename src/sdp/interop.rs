//! Takes our description, gives that of the `sdp-rs` crate where it can express it, never hands that crate raw text of the wire.
//!
//! `sdp-rs` panics on large numbers in r= and z= lines and drops what follows a line out of order, so every line is built from our own
//! reading, and what would be lost is refused.

use std::net::IpAddr;

use sdp_rs::lines::{self, attribute::Rtpmap, common, connection::ConnectionAddress};
use sdp_rs::{MediaDescription, SessionDescription, Time};

use super::scan::{cut, number, token};
use super::{Description, Line, Media};
use crate::base::Span;

/// What `sdp-rs` has no words for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be expressed: {what} at octets {}..{}", at.start, at.end)]
pub struct Inexpressible {
    /// What it is.
    pub what: &'static str,
    /// Where it stands in the body.
    pub at: Span,
}

type Result<T> = std::result::Result<T, Inexpressible>;

impl TryFrom<&Description> for SessionDescription {
    type Error = Inexpressible;

    fn try_from(d: &Description) -> Result<Self> {
        let section = Section::read(d, d.session_lines())?;
        let refuse = |what| Inexpressible { what, at: Span::default() };
        let version = section.version.ok_or(refuse("no version"))?;
        let times = section.times.try_into().map_err(|_| refuse("no time"))?;
        let mut connections = section.connections.into_iter();
        let (connection, None) = (connections.next(), connections.next()) else { return Err(refuse("several session connections")) };
        Ok(Self {
            version,
            origin: section.origin.ok_or(refuse("no origin"))?,
            session_name: section.name.ok_or(refuse("no session name"))?,
            session_info: section.info,
            uri: section.uri,
            emails: section.emails,
            phones: section.phones,
            connection,
            bandwidths: section.bandwidths,
            times,
            key: section.key,
            attributes: section.attributes,
            media_descriptions: d.media().iter().map(|m| media(d, m)).collect::<Result<_>>()?,
        })
    }
}

fn media(d: &Description, media: &Media) -> Result<MediaDescription> {
    let unreadable = Inexpressible { what: "m= line", at: media.line };
    let section = Section::read(d, media.lines.clone())?;
    let value = d.at(media.line);
    let (_, rest) = token(value).ok_or(unreadable)?;
    let (ports, rest) = token(rest).ok_or(unreadable)?;
    let (proto, formats) = token(rest).ok_or(unreadable)?;
    let (port, count) = cut(ports, b'/');
    let num_of_ports = if count.is_empty() { None } else { Some(number(count).ok_or(unreadable)?) };
    let only_media = section.version.is_none() && section.origin.is_none() && section.name.is_none() && section.times.is_empty();
    if !only_media || section.uri.is_some() || !section.emails.is_empty() || !section.phones.is_empty() {
        return Err(Inexpressible { what: "session-level line behind an m= line", at: media.line });
    }
    Ok(MediaDescription {
        media: lines::Media {
            media: (&*media.kind).into(),
            port: number(port).ok_or(unreadable)?,
            num_of_ports,
            proto: text(proto, media.line)?.into(),
            fmt: text(formats, media.line)?.to_owned(),
        },
        info: section.info,
        connections: section.connections,
        bandwidths: section.bandwidths,
        key: section.key,
        attributes: section.attributes,
    })
}

/// The lines of one level.
#[derive(Default)]
struct Section {
    version: Option<lines::Version>,
    origin: Option<lines::Origin>,
    name: Option<lines::SessionName>,
    info: Option<lines::SessionInformation>,
    uri: Option<lines::Uri>,
    emails: Vec<lines::Email>,
    phones: Vec<lines::Phone>,
    connections: Vec<lines::Connection>,
    bandwidths: Vec<lines::Bandwidth>,
    times: Vec<Time>,
    key: Option<lines::Key>,
    attributes: Vec<lines::Attribute>,
}

impl Section {
    fn read(d: &Description, range: std::ops::Range<usize>) -> Result<Self> {
        let mut section = Self::default();
        for line in d.lines().get(range).unwrap_or_default() {
            section.line(*line, text(d.at(line.value), line.value)?)?;
        }
        Ok(section)
    }

    fn line(&mut self, Line { kind, value: at, .. }: Line, value: &str) -> Result<()> {
        let refuse = |what| Inexpressible { what, at };
        match kind {
            b'v' => once(&mut self.version, (value == "0").then_some(lines::Version::V0).ok_or(refuse("version"))?, at),
            b'o' => once(&mut self.origin, origin(value).ok_or(refuse("origin"))?, at),
            b's' => once(&mut self.name, lines::SessionName::new(value.to_owned()), at),
            b'i' => once(&mut self.info, lines::SessionInformation::new(value.to_owned()), at),
            b'u' => once(&mut self.uri, lines::Uri::new(value.to_owned()), at),
            b'k' => {
                let (method, key) = value.split_once(':').unwrap_or((value, ""));
                once(&mut self.key, lines::Key { method: method.into(), encryption_key: key.to_owned() }, at)
            }
            b'e' => many(&mut self.emails, Some(lines::Email::new(value.to_owned())), refuse("email")),
            b'p' => many(&mut self.phones, Some(lines::Phone::new(value.to_owned())), refuse("phone")),
            b'c' => many(&mut self.connections, connection(value), refuse("connection")),
            b'b' => many(&mut self.bandwidths, bandwidth(value), refuse("bandwidth")),
            b't' => many(&mut self.times, time(value), refuse("time")),
            b'a' => many(&mut self.attributes, attribute(value), refuse("attribute")),
            0 if at.is_empty() => Ok(()),
            _ => Err(refuse("line of this type")),
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: T, at: Span) -> Result<()> {
    if slot.replace(value).is_some() { Err(Inexpressible { what: "second line of this type", at }) } else { Ok(()) }
}

fn many<T>(list: &mut Vec<T>, value: Option<T>, refusal: Inexpressible) -> Result<()> {
    list.push(value.ok_or(refusal)?);
    Ok(())
}

fn text(bytes: &[u8], at: Span) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| Inexpressible { what: "text that is no UTF-8", at })
}

fn fields<const N: usize>(value: &str) -> Option<[&str; N]> {
    let mut fields = value.split_ascii_whitespace();
    let mut out = [""; N];
    for slot in &mut out {
        *slot = fields.next()?;
    }
    fields.next().is_none().then_some(out)
}

fn origin(value: &str) -> Option<lines::Origin> {
    let [username, sess_id, sess_version, nettype, addrtype, address] = fields(value)?;
    Some(lines::Origin {
        username: username.to_owned(),
        sess_id: sess_id.to_owned(),
        sess_version: sess_version.to_owned(),
        nettype: nettype.into(),
        addrtype: addrtype.into(),
        unicast_address: address.parse().ok()?,
    })
}

fn connection(value: &str) -> Option<lines::Connection> {
    let [nettype, addrtype, address] = fields(value)?;
    let mut parts = address.split('/');
    let base: IpAddr = parts.next()?.parse().ok()?;
    let mut numbers = [None, None];
    for slot in &mut numbers {
        *slot = parts.next().map(|n| number(n.as_bytes()).ok_or(())).transpose().ok()?;
    }
    let [first, second] = numbers;
    // IPv6 has no TTL: what follows the address is their number (RFC 8866 §5.7).
    let (ttl, numaddr) = if base.is_ipv6() { (None, first) } else { (first, second) };
    let whole = parts.next().is_none() && (base.is_ipv4() || second.is_none());
    let addrtype: common::Addrtype = addrtype.into();
    whole.then_some(lines::Connection { nettype: nettype.into(), addrtype, connection_address: ConnectionAddress { base, ttl, numaddr } })
}

fn bandwidth(value: &str) -> Option<lines::Bandwidth> {
    let (kind, kbps) = value.split_once(':')?;
    Some(lines::Bandwidth { bwtype: kind.into(), bandwidth: number(kbps.as_bytes())? })
}

fn time(value: &str) -> Option<Time> {
    let [start, stop] = fields(value)?;
    let active = lines::Active { start: number(start.as_bytes())?, stop: number(stop.as_bytes())? };
    Some(Time { active, repeat: Vec::new(), zone: None })
}

fn attribute(value: &str) -> Option<lines::Attribute> {
    let (name, value) = value.split_once(':').map_or((value, None), |(name, value)| (name, Some(value)));
    match (name, value) {
        ("rtpmap", Some(value)) => rtpmap(value).map(lines::Attribute::Rtpmap),
        // The crate knows this attribute under a misspelt name.
        ("inactive", None) => Some(lines::Attribute::Inactive),
        (name, Some(value)) => lines::Attribute::try_from(lines::attribute::Tokenizer::from((name, value))).ok(),
        (name, None) => lines::Attribute::try_from(lines::attribute::Tokenizer::from(name)).ok(),
    }
}

fn rtpmap(value: &str) -> Option<Rtpmap> {
    let [payload_type, encoding] = fields(value)?;
    let mut parts = encoding.split('/');
    let (name, clock) = (parts.next()?, parts.next()?);
    let params = parts.next().map(|p| number(p.as_bytes()).ok_or(())).transpose().ok()?;
    let whole = parts.next().is_none();
    let (payload_type, clock_rate) = (number(payload_type.as_bytes())?, number(clock.as_bytes())?);
    whole.then(|| Rtpmap { payload_type, encoding_name: name.to_owned(), clock_rate, encoding_params: params })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(body: &str) -> Result<SessionDescription> {
        SessionDescription::try_from(&Description::parse(body.as_bytes()))
    }

    // What sdp-rs reads right by itself (no r=, z=, nothing out of order, every line ended) it must read the same through us.
    #[test]
    fn agrees_with_sdp_rs_on_its_own_ground() {
        let bodies = [
            "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
            "v=0\r\no=user 123456789012345678901234 2 IN IP6 2001:db8::1\r\ns=call\r\ni=info\r\nu=http://example.com/\r\ne=a@example.com\r\np=+1 555\r\nc=IN IP6 2001:db8::1\r\nb=AS:64\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 RTP/SAVP 111\r\nb=TIAS:64000\r\na=rtpmap:111 opus/48000/2\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\nm=image 6000/2 udptl t38\r\nc=IN IP4 224.2.36.42/127\r\na=T38FaxVersion:0\r\n",
        ];
        for body in bodies {
            assert_eq!(converted(body).unwrap(), body.parse::<SessionDescription>().unwrap());
        }
    }

    #[test]
    fn says_what_sdp_rs_cannot() {
        let body = |more: &str| format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n{more}");
        let refused = |more: &str| converted(&body(more)).unwrap_err().what;
        assert_eq!(refused("t=0 0\r\nr=9999999999999999d 1h 0\r\n"), "line of this type");
        assert_eq!(refused("t=0 0\r\nz=9999999999999999999 9999999999999d\r\n"), "line of this type");
        assert_eq!(refused(""), "no time");
        assert_eq!(refused("t=0 0\r\nc=IN IP4 sbc.example.com\r\n"), "connection");
        assert_eq!(refused("t=0 0\r\ngarbage\r\n"), "line of this type");
        assert_eq!(refused("t=0 0\r\nm=audio 70000 RTP/AVP 0\r\n"), "m= line");
    }

    #[test]
    fn keeps_what_sdp_rs_would_lose() {
        let body = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 8\na=inactive\nb=AS:80\nm=video 0 RTP/AVP 31";
        let sdp = converted(body).unwrap();
        assert_eq!(sdp.media_descriptions.len(), 2);
        assert!(sdp.connection.is_some());
        assert_eq!(sdp.media_descriptions[0].attributes, [lines::Attribute::Inactive]);
        assert_eq!(sdp.media_descriptions[0].bandwidths.len(), 1);
    }
}
