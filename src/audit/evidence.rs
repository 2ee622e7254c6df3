//! Takes a message or what was kept of one, gives the excerpt that a finding shows, never a secret (`standards.md` §1.5).

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::Quote;
use crate::base::{Origin, Span, Time};
use crate::call::Trace;
use crate::sip::Arrival;
use crate::stir::base64url;

/// The longest excerpt, in characters: a line of it fits a wide terminal.
const LONGEST: usize = 200;

/// A piece of evidence, before its capture has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where it stands.
    pub origin: Origin,
    /// When it passed.
    pub time: Time,
    /// Its call.
    pub call_id: Option<Box<str>>,
    /// Who sent it.
    pub source: Option<IpAddr>,
    /// The line that shows it.
    pub excerpt: Box<str>,
    /// What to underline.
    pub mark: Option<Quote>,
}

/// How much of a telephone number an excerpt shows (`capture.redact.numbers`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redaction {
    /// Everything.
    None,
    /// Everything but the last four digits.
    #[default]
    Last4,
    /// Nothing.
    Full,
}

impl Redaction {
    /// The redaction that the policy's word names.
    #[must_use]
    pub fn of(word: Option<&str>) -> Self {
        match word {
            Some("none") => Self::None,
            Some("full") => Self::Full,
            _ => Self::Last4,
        }
    }
}

impl Evidence {
    /// Quotes the line of the message that holds `at`; the start line where nothing is named.
    #[must_use]
    pub fn of_message(arrival: &Arrival, at: Option<Span>, redaction: Redaction) -> Self {
        let message = &arrival.message;
        let text = message.text();
        let (line, mark) = match at.filter(|at| !at.is_empty() && (at.end as usize) <= text.len()) {
            Some(at) => {
                let line = line_around(text, at);
                (line, Some(Span::new(at.start as usize - line.start as usize, (at.end.min(line.end)) as usize - line.start as usize)))
            }
            None => (line_around(text, Span::new(0, 0)), None),
        };
        let (excerpt, mark) = excerpt(line.of(text), mark, redaction);
        Self {
            origin: arrival.envelope.origin,
            time: arrival.envelope.first,
            call_id: Some(String::from_utf8_lossy(message.call_id()).into()),
            source: Some(arrival.envelope.source.ip),
            excerpt,
            mark,
        }
    }

    /// The same evidence at a place in the capture; none where no frame shows it.
    #[must_use]
    pub fn placed(self, place: Option<(Origin, Time)>) -> Option<Self> {
        place.map(|(origin, time)| Self { origin, time, ..self })
    }

    /// Quotes the line that was kept of a message.
    #[must_use]
    pub fn of_trace(trace: &Trace, call_id: Option<&str>, redaction: Redaction) -> Self {
        let (excerpt, _) = excerpt(&trace.line, None, redaction);
        Self { origin: trace.origin, time: trace.first, call_id: call_id.map(Into::into), source: sender(trace), excerpt, mark: None }
    }
}

/// A trace that no message left (that of a metric) has no sender.
fn sender(trace: &Trace) -> Option<IpAddr> {
    Some(trace.source.ip).filter(|ip| !ip.is_unspecified())
}

/// The line of `text` in which `at` begins.
fn line_around(text: &[u8], at: Span) -> Span {
    let begin = (at.start as usize).min(text.len());
    let start = memchr::memrchr(b'\n', &text[..begin]).map_or(0, |i| i + 1);
    let end = memchr::memchr2(b'\r', b'\n', &text[begin..]).map_or(text.len(), |i| begin + i);
    Span::new(start, end)
}

/// Decodes, redacts and shortens a line, and carries the mark along.
fn excerpt(line: &[u8], mark: Option<Span>, redaction: Redaction) -> (Box<str>, Option<Quote>) {
    if let Some(hidden) = hide_key(line) {
        return (hidden.into(), None);
    }
    let opened = open_identity(line).filter(|_| redaction != Redaction::None);
    let mark = mark.filter(|_| opened.is_none());
    let mut shown = opened.unwrap_or_else(|| line.to_vec());
    hide_numbers(&mut shown, redaction);
    // The mark is kept in view: a long line is cut on the left as far as that needs.
    let from = mark.map_or(0, |m| if m.end as usize > LONGEST { m.start.saturating_sub(20) as usize } else { 0 });
    shown.iter_mut().filter(|octet| **octet == b'\t').for_each(|octet| *octet = b' ');
    let decode = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
    let (lead, body) = (if from > 0 { "…" } else { "" }, shown.get(from..).unwrap_or_default());
    let mut text: String = lead.to_owned() + &decode(body);
    let quote = mark.map(|m| {
        let (start, end) = (m.start as usize - from, (m.end as usize - from).min(body.len()));
        let before = decode(body.get(..start).unwrap_or_default()).chars().count();
        let len = decode(body.get(start..end).unwrap_or_default()).chars().count();
        Quote { start: before + lead.chars().count(), len }
    });
    if text.len() > LONGEST && text.chars().count() > LONGEST {
        text = text.chars().take(LONGEST - 1).chain(['…']).collect();
    }
    let quote = quote.filter(|q| q.start < LONGEST && q.len > 0).map(|q| Quote { len: q.len.min(LONGEST - q.start), ..q });
    (text.into(), quote)
}

/// An SDES key never leaves the program: its SHA-256 begins instead (RFC 4568 §8).
fn hide_key(line: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(line, b"inline:")? + b"inline:".len();
    let key = &line[at..];
    let end = key.iter().position(|b| matches!(b, b'|' | b' ' | b';')).unwrap_or(key.len());
    let hash = Sha256::digest(&key[..end]);
    let head: String = hash.iter().take(4).map(|b| format!("{b:02x}")).collect();
    let rest = hide_key(&key[end..]).unwrap_or_else(|| String::from_utf8_lossy(&key[end..]).into_owned());
    Some(format!("{}(sha256 {head}…){rest}", String::from_utf8_lossy(&line[..at])))
}

/// Numbers in a signed token hide from no reader, but from [`hide_numbers`]: its claims stand in its place, as they are.
fn open_identity(line: &[u8]) -> Option<Vec<u8>> {
    let colon = [&b"identity:"[..], b"y:"].iter().find(|name| starts_with_any_case(line, name)).map(|name| name.len())?;
    let (name, value) = line.split_at_checked(colon)?;
    let end = value.iter().position(|&b| b == b';').unwrap_or(value.len());
    let (token, params) = value.split_at_checked(end)?;
    let claims = base64url(token.split(|&b| b == b'.').nth(1).filter(|part| !part.is_empty())?)?;
    Some([name, b" ", &claims, params].concat())
}

/// Masks the digits of telephone numbers: those behind a URI scheme, and those inside quotes.
fn hide_numbers(line: &mut [u8], redaction: Redaction) {
    let keep = match redaction {
        Redaction::None => return,
        Redaction::Last4 => 4,
        Redaction::Full => 0,
    };
    let mut at = 0;
    while let Some(ends) = line.get(at..).and_then(|rest| memchr::memchr2(b':', b'"', rest)) {
        let (from, lead) = (at, at + ends);
        at = lead + 1;
        let schemes = [&b"sip"[..], b"sips", b"tel"];
        if line[lead] == b':' && !schemes.iter().any(|scheme| ends_with_any_case(&line[from..lead], scheme)) {
            continue;
        }
        let digits = line[at..].iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'(' | b')' | b' ')).count();
        let count = line[at..at + digits].iter().filter(|b| b.is_ascii_digit()).count();
        // Fewer than seven digits are a service code, not a subscriber; and a host may be an IP address.
        let is_address = std::str::from_utf8(&line[at..at + digits]).is_ok_and(|t| t.trim().parse::<std::net::Ipv4Addr>().is_ok());
        if count >= 7 && !is_address {
            let hidden = if keep == 0 { count } else { keep };
            line[at..at + digits].iter_mut().rev().filter(|b| b.is_ascii_digit()).take(hidden).for_each(|b| *b = b'x');
        }
        at += digits;
    }
}

/// What a limit on sources was measured for, `caller +49…`, with its number hidden.
pub(super) fn hidden_source(scope: &str, redaction: Redaction) -> String {
    let Some((key, source)) = scope.split_once(' ') else { return scope.to_owned() };
    // Numbers are found behind a quote: it is taken off again.
    let mut line = format!("\"{source}").into_bytes();
    hide_numbers(&mut line, redaction);
    format!("{key} {}", String::from_utf8_lossy(&line).trim_start_matches('"'))
}

fn ends_with_any_case(text: &[u8], end: &[u8]) -> bool {
    text.len().checked_sub(end.len()).and_then(|at| text.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

fn starts_with_any_case(text: &[u8], lead: &[u8]) -> bool {
    text.get(..lead.len()).is_some_and(|head| head.eq_ignore_ascii_case(lead))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str, redaction: Redaction) -> String {
        excerpt(line.as_bytes(), None, redaction).0.into()
    }

    #[test]
    fn the_last_four_digits_of_a_number_are_hidden() {
        let line = "From: \"0301234567\" <sip:+49301234567@192.0.2.200>;tag=1234567890";
        assert_eq!(shown(line, Redaction::Last4), "From: \"030123xxxx\" <sip:+4930123xxxx@192.0.2.200>;tag=1234567890");
        assert_eq!(shown("INVITE tel:112 SIP/2.0", Redaction::Full), "INVITE tel:112 SIP/2.0");
        assert_eq!(shown(line, Redaction::None), line);
        assert_eq!(shown("OPTIONS sip:192.0.2.200 SIP/2.0", Redaction::Full), "OPTIONS sip:192.0.2.200 SIP/2.0");
        assert_eq!(shown("OPTIONS sip:192.0.2.200:5060 SIP/2.0", Redaction::Full), "OPTIONS sip:192.0.2.200:5060 SIP/2.0");
    }

    #[test]
    fn the_source_of_a_limit_is_hidden_like_any_number() {
        assert_eq!(hidden_source("caller +4930123456", Redaction::Last4), "caller +493012xxxx");
        assert_eq!(hidden_source("every other caller", Redaction::Last4), "every other caller");
    }

    #[test]
    fn numbers_in_a_signed_token_are_hidden_too() {
        // {"orig":{"tn":"12155551212"}}
        let line = "Identity: eyJhbGciOiJFUzI1NiJ9.eyJvcmlnIjp7InRuIjoiMTIxNTU1NTEyMTIifX0.VLBC;info=<https://x/a.pem>";
        assert_eq!(shown(line, Redaction::Last4), r#"Identity: {"orig":{"tn":"1215555xxxx"}};info=<https://x/a.pem>"#);
        assert_eq!(shown(line, Redaction::None), line);
    }

    #[test]
    fn a_master_key_is_never_quoted() {
        let line = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4";
        let text = shown(line, Redaction::None);
        assert!(!text.contains("d0RmdmcmVCspeEc3"), "{text}");
        assert!(text.starts_with("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:(sha256 ") && text.ends_with("|2^20|1:4"), "{text}");
    }

    #[test]
    fn the_mark_stays_in_view_of_a_long_line() {
        let line = format!("X-Long: {}needle", "hay ".repeat(200));
        let at = line.len() - 6;
        let (text, mark) = excerpt(line.as_bytes(), Some(Span::new(at, line.len())), Redaction::None);
        let mark = mark.unwrap();
        assert_eq!(text.chars().skip(mark.start).take(mark.len).collect::<String>(), "needle");
    }
}
