//! Takes the first line of a message, gives the start line with what is odd about it, never refuses a line that names SIP (RFC 3261 §7.1, §7.2).

use super::octet::{is_all_token, is_all_uri, place_of};
use super::{Flaw, FlawKind, Method, Start, value};
use crate::base::Span;

/// Takes the text and where its first line stands, without its line end; `None` where the line is not of SIP.
pub(super) fn start(text: &[u8], line: Span, flaws: &mut Vec<Flaw>) -> Option<Start> {
    let at = line.of(text);
    let read = if is_version(at.get(..4)?) { status(at) } else { request(at)? };
    let (start, oddity) = read.placed_in(text)?;
    flaws.extend(oddity.map(|kind| Flaw { kind, at: line }));
    if let Start::Request { uri: at, .. } = start {
        let uri = value::uri(at.of(text));
        // A Request-URI has a scheme and, where it is SIP(S), a host and no `?` (RFC 3261 §19.1.1, table 1).
        if oddity != Some(FlawKind::BadStartLine) && !uri.is_some_and(|uri| uri.headers.is_empty()) {
            flaws.push(Flaw { kind: FlawKind::BadSyntax, at });
        }
    }
    Some(start)
}

/// A start line in pieces of its text.
enum Read<'a> {
    Request { token: &'a [u8], uri: &'a [u8], oddity: Option<FlawKind> },
    Response { code: u16, reason: &'a [u8], oddity: Option<FlawKind> },
}

impl Read<'_> {
    fn placed_in(&self, text: &[u8]) -> Option<(Start, Option<FlawKind>)> {
        Some(match *self {
            Self::Request { token, uri, oddity } => {
                let method = Method::of(token);
                (Start::Request { method, token: place_of(token, text)?, uri: place_of(uri, text)? }, oddity)
            }
            Self::Response { code, reason, oddity } => (Start::Response { code, reason: place_of(reason, text)? }, oddity),
        })
    }
}

fn is_version(text: &[u8]) -> bool {
    text.get(..4).is_some_and(|t| t.eq_ignore_ascii_case(b"SIP/"))
}

/// The flaw of a line that is as it must be but for its version.
fn version_flaw(version: &[u8]) -> Option<FlawKind> {
    (!version.eq_ignore_ascii_case(b"SIP/2.0")).then_some(FlawKind::BadVersion)
}

fn status(line: &[u8]) -> Read<'_> {
    let (version, rest) = word(line);
    let (digits, reason) = word(rest.trim_ascii_start());
    // A line that ends behind the code lacks a space that nobody misses.
    let tight = rest.first() == Some(&b' ') && rest.get(1..).is_some_and(|r| r.starts_with(digits));
    let code = match digits {
        [a, b, c] if digits.iter().all(u8::is_ascii_digit) => [a, b, c].iter().fold(0, |n, &&d| n * 10 + u16::from(d - b'0')),
        _ => return Read::Response { code: 0, reason: reason.trim_ascii(), oddity: Some(FlawKind::BadStartLine) },
    };
    let oddity = if tight { version_flaw(version) } else { Some(FlawKind::BadStartLine) };
    Read::Response { code, reason: reason.trim_ascii(), oddity }
}

fn request(line: &[u8]) -> Option<Read<'_>> {
    let trimmed = line.trim_ascii();
    let (token, rest) = word(trimmed);
    let version_at = rest.iter().rposition(|b| b.is_ascii_whitespace())?;
    let (uri, version) = rest.split_at_checked(version_at)?;
    let version = version.trim_ascii_start();
    if !is_version(version) {
        return None;
    }
    let uri = uri.trim_ascii();
    // Exactly one space on either side and none inside, whatever the line ends with.
    let tight = token.len() + uri.len() + version.len() + 2 == line.len();
    let clean = tight && is_all_token(token) && is_word(uri);
    let oddity = if clean { version_flaw(version) } else { Some(FlawKind::BadStartLine) };
    Some(Read::Request { token, uri, oddity })
}

/// Not empty, and without white space, quotes and angle brackets, which no URI holds.
fn is_word(uri: &[u8]) -> bool {
    !uri.is_empty() && is_all_uri(uri).0
}

/// What comes before white space, and the rest with it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|b| b.is_ascii_whitespace()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> (Option<Start>, Vec<FlawKind>) {
        let mut flaws = Vec::new();
        let start = start(line.as_bytes(), Span::new(0, line.len()), &mut flaws);
        (start, flaws.iter().map(|f| f.kind).collect())
    }

    #[test]
    fn a_request_line_gives_its_parts() {
        let line = "INVITE sip:a@b SIP/2.0";
        let expected = Start::Request { method: Method::Invite, token: Span::new(0, 6), uri: Span::new(7, 14) };
        assert_eq!(read(line), (Some(expected), vec![]));
        assert!(matches!(read("invite tel:1 sip/2.0"), (Some(Start::Request { method: Method::Other, .. }), flaws) if flaws.is_empty()));
    }

    #[test]
    fn a_status_line_gives_its_parts() {
        assert_eq!(read("SIP/2.0 180 Ringing"), (Some(Start::Response { code: 180, reason: Span::new(12, 19) }), vec![]));
        assert_eq!(read("SIP/2.0 100 ").1, []);
        assert_eq!(read("SIP/2.0 200").1, []);
    }

    #[test]
    fn odd_lines_are_read_with_a_flaw() {
        for line in [
            "OPTIONS sip:a@b SIP/2.0  ",
            "INVITE  sip:a@b  SIP/2.0",
            "INVITE sip:a@b; lr SIP/2.0",
            "INVITE <sip:a@b> SIP/2.0",
            "IN\"ITE sip:a@b SIP/2.0",
            "INVITE  SIP/2.0",
            "SIP/2.0 4294967301 better not break",
            "SIP/2.0  200 OK",
            "SIP/2.0",
        ] {
            let (start, flaws) = read(line);
            assert!(start.is_some() && flaws == [FlawKind::BadStartLine], "{line}: {flaws:?}");
        }
        assert_eq!(read("OPTIONS sip:a@b SIP/7.0").1, [FlawKind::BadVersion]);
        assert_eq!(read("INVITE sip:a@b?Route=%3Csip:c%3E SIP/2.0").1, [FlawKind::BadSyntax]);
        assert_eq!(read("INVITE sip:2001:db8::10 SIP/2.0").1, [FlawKind::BadSyntax]);
    }

    #[test]
    fn other_lines_are_not_sip() {
        for line in ["", "GET / HTTP/1.1", "INVITE sip:a@b", "SIP", "INVITE sip:a@b HTTP/1.1 x", "\0\0\0\0"] {
            assert_eq!(read(line).0, None, "{line}");
        }
    }
}
