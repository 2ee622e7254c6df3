//! Takes the octets of one SIP message, gives the message with its flaws in one pass, never refuses what begins like SIP.

use bytes::Bytes;
use memchr::memchr;

use super::keys::Keys;
use super::octet::{is_lws, token_len};
use super::start::start;
use super::{Flaw, FlawKind, Header, HeaderName, Message};
use crate::base::{Span, fingerprint};

/// Room for more headers than this is not kept for the next message: hardly one needs it.
const KEPT: usize = 64;

/// Takes one framed payload; `None` only where it is not SIP at all. `stream` asks for the rules of stream transports (RFC 3261 §18.3).
#[must_use]
pub fn parse(octets: &[u8], stream: bool) -> Option<Message> {
    let mut message = Message::default();
    message.read(Bytes::copy_from_slice(octets), stream).then_some(message)
}

impl Message {
    /// As [`parse`], into the memory of a message that nobody needs any more. Where it gives `false`, what the message holds means nothing.
    pub fn read(&mut self, octets: Bytes, stream: bool) -> bool {
        self.clear();
        self.text = octets;
        let Self { text, headers, flaws, .. } = self;
        let text: &[u8] = text;
        let mut lines = Lines { text, next: text.iter().take_while(|&&b| matches!(b, b'\r' | b'\n')).count(), bare_lf: None };
        let Some(start_line) = lines.next() else { return false };
        let Some(start) = start(text, start_line, flaws) else { return false };
        let mut ended = false;
        for line in &mut lines {
            if line.is_empty() {
                ended = true;
                break;
            }
            match header(text, line) {
                Line::Header(header) => {
                    self.present |= 1 << header.id as u32;
                    headers.push(header);
                }
                Line::Continuation(more) => match headers.last_mut() {
                    Some(last) => unite(last, more),
                    None => flaws.push(Flaw { kind: FlawKind::NoColon, at: line }),
                },
                Line::Bad(kind) => flaws.push(Flaw { kind, at: line }),
            }
        }
        flaws.extend(lines.bare_lf.map(|at| Flaw { kind: FlawKind::BareLf, at }));
        if !ended {
            flaws.push(Flaw { kind: FlawKind::NoEndOfHeaders, at: Span::new(text.len(), text.len()) });
        }
        let rest = Span::new(lines.next, text.len());
        self.keys = Keys::of(text, start, headers, flaws);
        self.body = body(rest, self.keys.content_length, start_line, stream, flaws);
        (self.start, self.start_line) = (start, start_line);
        // While the text is in the cache.
        self.fingerprint = fingerprint(text);
        self.call_key = fingerprint(self.keys.call_id.of(text));
        true
    }

    fn clear(&mut self) {
        if self.headers.capacity() > KEPT {
            self.headers = Vec::new();
        }
        self.headers.clear();
        self.flaws = Vec::new();
        self.present = 0;
    }
}

/// The lines of a text, without their ends.
struct Lines<'a> {
    text: &'a [u8],
    next: usize,
    /// The first line that ends in LF alone.
    bare_lf: Option<Span>,
}

impl Iterator for Lines<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let rest = self.text.get(self.next..).filter(|r| !r.is_empty())?;
        let begin = self.next;
        let Some(len) = memchr(b'\n', rest) else {
            self.next = self.text.len();
            let kept = rest.strip_suffix(b"\r").unwrap_or(rest).len();
            return Some(Span::new(begin, begin + kept));
        };
        self.next = begin + len + 1;
        let kept = match rest.get(..len) {
            Some([kept @ .., b'\r']) => kept.len(),
            _ => {
                self.bare_lf.get_or_insert(Span::new(begin, begin + len));
                len
            }
        };
        Some(Span::new(begin, begin + kept))
    }
}

/// What a line of the header part is.
enum Line {
    Header(Header),
    /// More of the value before it (RFC 3261 §7.3.1), trimmed.
    Continuation(Span),
    Bad(FlawKind),
}

fn header(text: &[u8], at: Span) -> Line {
    let line = at.of(text);
    let start = at.start as usize;
    if line.first().copied().is_some_and(is_lws) {
        return Line::Continuation(trimmed(line, start));
    }
    let name_len = token_len(line);
    let (name, behind) = line.split_at(name_len);
    // As nearly everybody writes a line: no white space but one space behind the colon.
    if let [b':', b' ', value @ ..] = behind
        && let [first, .., last] | [first @ last] = value
        && *first > b' '
        && *last > b' '
        && name_len > 0
    {
        let value = Span::new(start + name_len + 2, start + line.len());
        return Line::Header(Header { id: HeaderName::of(name), name: Span::new(start, start + name_len), value, folded: false });
    }
    let [b':', value @ ..] = behind.trim_ascii_start() else {
        return Line::Bad(if memchr(b':', line).is_some() { FlawKind::BadName } else { FlawKind::NoColon });
    };
    if name.is_empty() {
        return Line::Bad(FlawKind::BadName);
    }
    let value = trimmed(value, start + line.len() - value.len());
    Line::Header(Header { id: HeaderName::of(name), name: Span::new(start, start + name_len), value, folded: false })
}

/// Where `part`, which begins at `start`, stands without white space around it.
fn trimmed(part: &[u8], start: usize) -> Span {
    let behind = part.trim_ascii_start();
    let start = start + part.len() - behind.len();
    Span::new(start, start + behind.trim_ascii_end().len())
}

fn unite(header: &mut Header, more: Span) {
    if more.is_empty() {
        return;
    }
    if header.value.is_empty() {
        header.value = more;
    } else {
        header.value.end = more.end;
        header.folded = true;
    }
}

/// The body (RFC 3261 §18.3): as long as announced, else all there is.
fn body(rest: Span, announced: Option<(u64, Span)>, start_line: Span, stream: bool, flaws: &mut Vec<Flaw>) -> Span {
    let Some((length, at)) = announced else {
        if stream {
            flaws.push(Flaw { kind: FlawKind::NoContentLength, at: start_line });
        }
        return rest;
    };
    let there = rest.len() as u64;
    if length > there {
        flaws.push(Flaw { kind: FlawKind::BodyShort, at });
        return rest;
    }
    let end = rest.end - u32::try_from(there - length).unwrap_or(0);
    if length < there {
        flaws.push(Flaw { kind: FlawKind::BodyLong, at: Span { start: end, end: rest.end } });
    }
    Span { start: rest.start, end }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "OPTIONS sip:b@example.com SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa, SIP/2.0/TCP x\r\nf: <sip:a@x>;tag=1\r\n\
                        T :\r\n sip:b@example.com ;\r\n\ttag = 2\r\nI: c1@x\r\nCSeq: 7 OPTIONS\r\n";

    fn read(text: &str, stream: bool) -> (Message, Vec<FlawKind>) {
        let message = parse(text.as_bytes(), stream).unwrap();
        let flaws = message.flaws().iter().map(|f| f.kind).collect();
        (message, flaws)
    }

    #[test]
    fn keys_are_found_behind_compact_names_folds_and_commas() {
        let (message, flaws) = read(&format!("\r\n\r\n{HEAD}l: 2\r\n\r\nhi"), true);
        assert_eq!(flaws, []);
        assert_eq!((message.call_id(), message.branch()), (&b"c1@x"[..], Some(&b"z9hG4bKa"[..])));
        assert_eq!((message.from_tag(), message.to_tag()), (Some(&b"1"[..]), Some(&b"2"[..])));
        assert_eq!(message.cseq().map(|c| c.number), Some(7));
        assert_eq!(message.body(), b"hi");
        assert_eq!(message.get(HeaderName::To).unwrap(), &b"sip:b@example.com ; tag = 2"[..]);
    }

    #[test]
    fn a_datagram_without_content_length_is_body_to_its_end_and_a_stream_lacks_it() {
        let text = format!("{HEAD}\r\nhello");
        assert_eq!(read(&text, false).1, []);
        assert_eq!(read(&text, false).0.body(), b"hello");
        assert_eq!(read(&text, true).1, [FlawKind::NoContentLength]);
    }

    #[test]
    fn the_body_is_as_long_as_announced_or_as_there_is() {
        let (message, flaws) = read(&format!("{HEAD}l: 2\r\n\r\nhi there"), false);
        assert_eq!((message.body(), &*flaws), (&b"hi"[..], &[FlawKind::BodyLong][..]));
        assert_eq!(message.at(message.flaws()[0].at), b" there");
        let (message, flaws) = read(&format!("{HEAD}l: 9\r\n\r\nhi"), false);
        assert_eq!((message.body(), &*flaws), (&b"hi"[..], &[FlawKind::BodyShort][..]));
        let (message, flaws) = read(&format!("{HEAD}l: many\r\n\r\nhi"), false);
        assert_eq!((message.body(), &*flaws), (&b"hi"[..], &[FlawKind::BadContentLength][..]));
    }

    #[test]
    fn broken_lines_are_flaws_and_lose_nothing_else() {
        let (message, flaws) = read("BYE sip:b SIP/2.0\r\n odd\r\nnocolon\r\nA b: c\r\n: d\r\ni: 1\nContent-Length: 0\r\n\r\n", false);
        use FlawKind as K;
        assert_eq!(flaws, [K::NoColon, K::NoColon, K::BadName, K::BadName, K::BareLf]);
        assert_eq!((message.call_id(), message.headers().len()), (&b"1"[..], 2));
    }

    #[test]
    fn a_message_that_ends_in_its_headers_keeps_them() {
        let (message, flaws) = read("BYE sip:b SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 BYE", false);
        assert_eq!(flaws, [FlawKind::NoEndOfHeaders]);
        assert_eq!((message.call_id(), message.cseq().map(|c| c.number)), (&b"1"[..], Some(1)));
    }

    #[test]
    fn numbers_out_of_range_are_no_keys() {
        let cseq = |value: &str| {
            let (message, flaws) = read(&format!("BYE sip:b SIP/2.0\r\nCSeq: {value}\r\n\r\n"), false);
            (message.cseq().map(|c| c.number), flaws)
        };
        assert_eq!(cseq("2147483647 BYE"), (Some(2_147_483_647), vec![]));
        assert_eq!(cseq("2147483648 BYE"), (Some(2_147_483_648), vec![FlawKind::OutOfRange]));
        assert_eq!(cseq("4294967296 BYE"), (None, vec![FlawKind::OutOfRange]));
        assert_eq!(cseq("1 INVITE"), (Some(1), vec![FlawKind::MethodMismatch]));
    }

    #[test]
    fn what_does_not_begin_like_sip_is_none() {
        for text in ["", "\r\n\r\n", "\0", "GET / HTTP/1.1\r\n\r\n", "hello SIP/2.0 there\r\n"] {
            assert!(parse(text.as_bytes(), false).is_none(), "{text:?}");
        }
    }
}
