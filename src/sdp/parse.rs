//! Takes an SDP body, gives its description with flaws, never stops at a line it does not know.
//!
//! The work is linear in the body whatever it holds: each line is looked at once, and payload types meet their attributes in a table.

use super::codec::word;
use super::description::NAME;
use super::media::is_rtp;
use super::scan::{cut, number, token};
use super::{Address, Codec, Description, Direction, Line, Media, SdpFlaw, SdpFlawKind, static_codec};
use crate::base::Span;

/// More formats than RTP has payload types are not read.
const MAX_FORMATS: usize = 128;

pub(super) fn description(body: &[u8]) -> Description {
    let mut flaws = Vec::new();
    let lines = split(body, &mut flaws);
    let mut reader = Reader { text: body, lines: &lines, flaws, session: Session::default() };
    let first = lines.iter().position(|l| l.kind == b'm').unwrap_or(lines.len());
    reader.session(first);
    let mut media = Vec::with_capacity(usize::from(first < lines.len()));
    let mut next = first;
    while next < lines.len() {
        let start = next + 1;
        next = lines.iter().skip(start).position(|l| l.kind == b'm').map_or(lines.len(), |n| start + n);
        media.extend(reader.media(start, next));
    }
    let flaws = reader.flaws;
    let keyed =
        lines.iter().filter(|l| l.kind == b'a').any(|l| is_key(l.value.of(body).get(..usize::from(l.name_len)).unwrap_or_default()));
    Description { text: body.into(), lines, keyed, media, flaws, cut: false, begins_more: false }
}

/// RFC 4568 §4, RFC 8122 §5, RFC 4567 §3, RFC 6189 §8.
const fn is_key(attribute: &[u8]) -> bool {
    matches!(attribute, b"crypto" | b"fingerprint" | b"key-mgmt" | b"zrtp-hash")
}

/// Every line of the body: CRLF, LF alone or the end of the body ends one.
fn split(text: &[u8], flaws: &mut Vec<SdpFlaw>) -> Vec<Line> {
    // A usual line has about 24 bytes.
    let mut lines = Vec::with_capacity(text.len() / 20 + 2);
    // Empty lines at the end of a body are the field's habit, not worth a word.
    let content = text.trim_ascii_end().len();
    let mut bare = None;
    let mut start = 0;
    while start < text.len() {
        let rest = text.get(start..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let raw = rest.get(..end).unwrap_or_default();
        if end < rest.len() && bare.is_none() && raw.last() != Some(&b'\r') {
            bare = Some(Span::new(start, start + end));
        }
        let line = raw.trim_ascii_end();
        let (kind, skip) = match line {
            [kind, b'=', ..] if kind.is_ascii_alphabetic() => (*kind, 2),
            _ => (0, 0),
        };
        let value = Span::new(start + skip, start + line.len());
        if kind == 0 && start < content {
            flaws.push(SdpFlaw { kind: SdpFlawKind::BadLine, at: value });
        }
        let name = if kind == b'a' { cut(value.of(text), b':').0.len().min(NAME) } else { 0 };
        #[allow(clippy::cast_possible_truncation)] // at most NAME
        lines.push(Line { kind, name_len: name as u8, value });
        start += end + 1;
    }
    flaws.extend(bare.map(|at| SdpFlaw { kind: SdpFlawKind::BareLf, at }));
    lines
}

/// What the session level hands down to each m= line.
#[derive(Default)]
struct Session {
    connection: Option<(Address, Span)>,
    direction: Direction,
}

/// The line of the rtpmap and of the fmtp of each payload type, as index + 1; 0: none.
struct Formats {
    rtpmap: [u32; MAX_FORMATS],
    fmtp: [u32; MAX_FORMATS],
}

struct Reader<'a> {
    text: &'a [u8],
    lines: &'a [Line],
    flaws: Vec<SdpFlaw>,
    session: Session,
}

impl<'a> Reader<'a> {
    fn flaw(&mut self, kind: SdpFlawKind, at: Span) {
        self.flaws.push(SdpFlaw { kind, at });
    }

    fn session(&mut self, end: usize) {
        // v, o, s and t have to be there, in this order (RFC 8866 §5).
        let mut places = [None; 4];
        for (n, line) in self.lines.iter().take(end).enumerate() {
            if let Some(place) = b"vost".iter().position(|&k| k == line.kind).and_then(|i| places.get_mut(i)) {
                place.get_or_insert((n, line.value));
            }
            match line.kind {
                b'c' if self.session.connection.is_none() => self.session.connection = self.connection(line.value),
                b'a' => self.session.direction = Direction::of(line.value.of(self.text)).unwrap_or(self.session.direction),
                _ => {}
            }
        }
        let mut last = 0;
        for (&kind, place) in b"vost".iter().zip(places) {
            match place {
                None => self.flaw(SdpFlawKind::Missing(kind), Span::default()),
                Some((n, at)) if n < last => self.flaw(SdpFlawKind::Order(kind), at),
                Some((n, _)) => last = n,
            }
        }
    }

    /// `IN IP4 192.0.2.1/127/3`
    fn connection(&mut self, value: Span) -> Option<(Address, Span)> {
        let address = token(value.of(self.text)).and_then(|(_, rest)| token(rest)).and_then(|(_, rest)| token(rest));
        let Some((address, _)) = address else {
            self.flaw(SdpFlawKind::BadLine, value);
            return None;
        };
        Some((Address::parse(cut(address, b'/').0), value))
    }

    /// The m= line before line `start`, with its lines up to `end`.
    fn media(&mut self, start: usize, end: usize) -> Option<Media> {
        let at = self.lines.get(start.checked_sub(1)?)?.value;
        let (kind, rest) = token(at.of(self.text)).unwrap_or_default();
        let (ports, rest) = token(rest).unwrap_or_default();
        let (proto, formats) = token(rest).unwrap_or_default();
        let port = number::<u16>(cut(ports, b'/').0);
        let unreadable = port.is_none() || proto.is_empty() || (formats.is_empty() && port != Some(0));
        if unreadable {
            self.flaw(SdpFlawKind::BadMedia, at);
        }
        let mut kind = word(kind);
        if kind.bytes().any(|b| b.is_ascii_uppercase()) {
            kind.to_mut().make_ascii_lowercase();
        }
        let mut media = Media {
            line: at,
            kind,
            port: port.unwrap_or(0),
            proto: word(proto),
            codecs: Vec::new(),
            address: None,
            connection: None,
            direction: self.session.direction,
            ptime: None,
            maxptime: None,
            unreadable,
            lines: start..end,
        };
        let table = self.media_lines(&mut media);
        if media.connection.is_none()
            && let Some((address, at)) = &self.session.connection
        {
            (media.address, media.connection) = (Some(address.clone()), Some(*at));
        }
        if media.is_active() && media.address.is_none() {
            self.flaw(SdpFlawKind::NoConnection, at);
        }
        media.codecs = self.codecs(formats, at, is_rtp(proto), &table);
        Some(media)
    }

    fn media_lines(&mut self, media: &mut Media) -> Formats {
        let mut table = Formats { rtpmap: [0; MAX_FORMATS], fmtp: [0; MAX_FORMATS] };
        for (line, n) in self.lines.iter().take(media.lines.end).skip(media.lines.start).zip(media.lines.start + 1..) {
            match line.kind {
                b'c' if media.connection.is_none() => {
                    if let Some((address, at)) = self.connection(line.value) {
                        (media.address, media.connection) = (Some(address), Some(at));
                    }
                }
                b'a' => {
                    let (key, value) = cut(line.value.of(self.text), b':');
                    let readable = match key {
                        b"rtpmap" => note(&mut table.rtpmap, value, n),
                        b"fmtp" => note(&mut table.fmtp, value, n) || !media.is_rtp(),
                        b"ptime" => milliseconds(&mut media.ptime, value),
                        b"maxptime" => milliseconds(&mut media.maxptime, value),
                        _ => {
                            media.direction = Direction::of(key).unwrap_or(media.direction);
                            true
                        }
                    };
                    if !readable {
                        self.flaw(SdpFlawKind::BadAttribute, line.value);
                    }
                }
                _ => {}
            }
        }
        table
    }

    /// The formats of an m= line whose value stands at `line`, which they end.
    fn codecs(&mut self, formats: &[u8], line: Span, rtp: bool, table: &Formats) -> Vec<Codec> {
        let mut codecs = Vec::with_capacity(4);
        let mut seen = 0_u128;
        let mut rest = formats;
        while let Some((format, behind)) = token(rest) {
            if codecs.len() == MAX_FORMATS {
                self.flaw(SdpFlawKind::BadMedia, line);
                break;
            }
            let start = (line.end as usize).saturating_sub(rest.len());
            let at = Span::new(start, start + format.len());
            rest = behind;
            let Some(payload_type) = number::<u8>(format).filter(|&n| rtp && n < 128) else {
                codecs.push(Codec { name: word(format), ..Codec::unknown(None, at) });
                continue;
            };
            // A number that stands twice says nothing new.
            if seen & (1 << payload_type) == 0 {
                seen |= 1 << payload_type;
                codecs.push(self.codec(payload_type, at, table));
            }
        }
        codecs
    }

    fn codec(&mut self, payload_type: u8, at: Span, table: &Formats) -> Codec {
        let fmtp = self.noted(&table.fmtp, payload_type).map(|(_, value)| value);
        let mut codec = Codec { fmtp, ..Codec::unknown(Some(payload_type), at) };
        if let Some((line, value)) = self.noted(&table.rtpmap, payload_type) {
            let (name, rest) = cut(value.of(self.text), b'/');
            let (clock, channels) = cut(token(rest).map_or(&[], |(t, _)| t), b'/');
            codec.at = line;
            codec.name = word(name.trim_ascii());
            codec.channels = number(channels).filter(|&n| n > 0).unwrap_or(1);
            match number(clock) {
                Some(clock) => codec.clock = clock,
                None => self.flaw(SdpFlawKind::BadAttribute, line),
            }
        } else if let Some((name, clock, channels)) = static_codec(payload_type) {
            (codec.name, codec.clock, codec.channels) = (name.into(), clock, channels);
        } else {
            codec.name = word(at.of(self.text));
            codec.unmapped = payload_type >= 96;
        }
        codec
    }

    /// The attribute line of a payload type, and where its value behind the number stands.
    fn noted(&self, table: &[u32; MAX_FORMATS], payload_type: u8) -> Option<(Span, Span)> {
        let n = table.get(usize::from(payload_type))?.checked_sub(1)?;
        let line = self.lines.get(n as usize)?.value;
        let (_, value) = cut(line.of(self.text), b':');
        let (_, value) = token(value)?;
        Some((line, Span::new((line.end as usize).saturating_sub(value.len()), line.end as usize)))
    }
}

impl Codec {
    const fn unknown(payload_type: Option<u8>, at: Span) -> Self {
        Self { payload_type, name: std::borrow::Cow::Borrowed(""), clock: 0, channels: 1, fmtp: None, unmapped: false, at }
    }
}

/// Notes line `n` as that of the payload type that its value begins with; the first one stays.
fn note(table: &mut [u32; MAX_FORMATS], value: &[u8], n: usize) -> bool {
    let Some((format, rest)) = token(value) else { return false };
    let slot = number::<u8>(format).and_then(|format| table.get_mut(usize::from(format)));
    let (Some(slot), Ok(n), false) = (slot, u32::try_from(n), rest.is_empty()) else { return false };
    if *slot == 0 {
        *slot = n;
    }
    true
}

/// Reads a whole number of milliseconds; a fraction is cut off.
fn milliseconds(into: &mut Option<u32>, value: &[u8]) -> bool {
    let value = number(cut(value.trim_ascii(), b'.').0);
    *into = into.or(value);
    value.is_some()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    // The offer of RFC 3264 §10.1.
    const OFFER: &str = "v=0\r\no=alice 2890844526 2890844526 IN IP4 host.anywhere.com\r\ns=\r\nc=IN IP4 host.anywhere.com\r\nt=0 0\r\n\
        m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n\
        m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n";

    fn codecs(media: &Media) -> Vec<String> {
        media.codecs.iter().map(ToString::to_string).collect()
    }

    fn kinds(d: &Description) -> Vec<SdpFlawKind> {
        d.flaws().iter().map(|f| f.kind).collect()
    }

    #[test]
    fn the_offer_of_rfc_3264() {
        let d = Description::parse(OFFER.as_bytes());
        assert_eq!(d.flaws(), []);
        let media: Vec<_> = d.media().iter().map(|m| (&*m.kind, m.port, &*m.proto, codecs(m))).collect();
        let line = |kind, port, codec: &str| (kind, port, "RTP/AVP", vec![codec.to_owned()]);
        assert_eq!(media, [line("audio", 49170, "PCMU/8000"), line("video", 51372, "H261/90000"), line("video", 53000, "MPV/90000")]);
        assert!(d.media().iter().all(|m| m.ip().is_none() && m.address.as_ref().is_some_and(|a| a.to_string() == "host.anywhere.com")));
        assert_eq!(d.session_line(b's'), Some(&b""[..]));
        assert_eq!(d.at(d.media()[1].codecs[0].at), b"rtpmap:31 H261/90000");
    }

    #[test]
    fn what_a_media_section_says_overrides_the_session() {
        let d = Description::parse(
            b"v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\na=sendonly\r\n\
              m=audio 4000 RTP/AVP 96 18 101 0 96\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:18 annexb=no; x = 1 \r\na=rtpmap:101 telephone-event/8000\r\n\
              a=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime: 40\r\n\
              m=audio 5000/2 RTP/AVP 97 35\r\nc=IN IP4 224.2.1.1/127/3\r\na=inactive\r\nm=image 6000 udptl t38\r\nm=application 0 UDP/BFCP *\r\n",
        );
        assert_eq!(d.flaws(), []);
        let [voice, other, fax, gone] = d.media() else { panic!() };
        assert_eq!((voice.direction, voice.ptime, voice.maxptime), (Direction::SendOnly, Some(20), Some(40)));
        assert_eq!(codecs(voice), ["opus/48000/2", "G729/8000", "telephone-event/8000", "PCMU/8000"]);
        assert_eq!((d.fmtp(&voice.codecs[1]), d.fmtp_parameter(&voice.codecs[1], "X")), (&b"annexb=no; x = 1"[..], Some(&b"1"[..])));
        assert_eq!(d.fmtp(&voice.codecs[2]), b"0-16");
        assert_eq!((other.port, other.ip(), other.direction), (5000, "224.2.1.1".parse().ok(), Direction::Inactive));
        assert_eq!(other.codecs.iter().map(|c| c.unmapped).collect::<Vec<_>>(), [true, false]);
        assert_eq!((codecs(fax), fax.codecs[0].payload_type), (vec!["t38".to_owned()], None));
        assert_eq!((gone.is_active(), codecs(gone)), (false, vec!["*".to_owned()]));
    }

    #[test]
    fn what_real_endpoints_get_wrong_is_still_read() {
        let d = Description::parse(
            b"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=caf\xe9\nt=0 0\nc=IN IP4 192.0.2.1  \n\nX-junk\nm=AUDIO 4000 RTP/AVP 8 \nb=AS:80\nc=IN IP4 0.0.0.0\na=ptime:abc",
        );
        assert_eq!(kinds(&d), [SdpFlawKind::BadLine, SdpFlawKind::BadLine, SdpFlawKind::BareLf, SdpFlawKind::BadAttribute]);
        assert_eq!(d.lines().len(), 11);
        let [audio] = d.media() else { panic!() };
        assert_eq!((&*audio.kind, audio.is_blackhole(), codecs(audio)), ("audio", true, vec!["PCMA/8000".to_owned()]));
    }

    #[test]
    fn flaws_have_their_places() {
        let d = Description::parse(
            b"o=- 1 1 IN IP4 192.0.2.1\r\nv=0\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nm=audio 70000 RTP/AVP 0\r\nm=audio\r\n",
        );
        let flaws: Vec<_> = d.flaws().iter().map(|f| (f.kind, d.at(f.at))).collect();
        assert_eq!(
            flaws,
            [
                (SdpFlawKind::Order(b'o'), &b"- 1 1 IN IP4 192.0.2.1"[..]),
                (SdpFlawKind::Missing(b's'), b""),
                (SdpFlawKind::NoConnection, b"audio 4000 RTP/AVP 0"),
                (SdpFlawKind::BadMedia, b"audio 70000 RTP/AVP 0"),
                (SdpFlawKind::BadMedia, b"audio"),
            ]
        );
        assert_eq!(d.media().len(), 3);
    }

    #[test]
    fn hostile_bodies_take_linear_time() {
        let mut many = format!("v=0\r\nc=IN IP4 {}\r\n", "x".repeat(500_000));
        for n in 0..20_000 {
            let _ = write!(many, "m=audio {n} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n");
        }
        assert_eq!(Description::parse(many.as_bytes()).media().len(), 20_000);
        let formats = format!("m=audio 1 RTP/AVP {}", "96 97 t38 ".repeat(100_000));
        assert_eq!(Description::parse(formats.as_bytes()).media()[0].codecs.len(), MAX_FORMATS);
        let maps = format!("m=audio 1 RTP/AVP 96\n{}", "a=rtpmap:96 x/1\n".repeat(60_000));
        assert_eq!(Description::parse(maps.as_bytes()).media()[0].codecs.len(), 1);
        let blank = format!("{}x", "\n".repeat(1_000_000));
        assert_eq!(Description::parse(blank.as_bytes()).lines().len(), 1_000_001);
    }
}
