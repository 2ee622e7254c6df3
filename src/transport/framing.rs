//! Takes the octets of a stream as they come, tells where its SIP messages end, never keeps an octet.

use memchr::{memchr, memchr_iter};

use super::sniff::is_start_line;

/// The longest message that is framed, headers and body; what claims more is no message.
pub const MAX_MESSAGE: usize = 1 << 20;

/// The longest start line that is waited for.
const MAX_LINE: usize = 8 << 10;

/// What stands at the beginning of the octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many octets of empty lines: keep-alives (RFC 5626 §3.5.1) and what RFC 3261 §7.5 allows before a message.
    KeepAlive(usize),
    /// A message of so many octets.
    Message(usize),
    /// Nothing whole: come again with the same octets and more.
    More,
    /// No message begins here; so many octets further one may.
    Resync(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the start line; it does not end before `searched`.
    Start { searched: usize },
    /// In the headers; they do not end before `searched`.
    Headers { searched: usize },
    /// Behind the headers; the message is so long.
    Body { need: usize },
}

/// The place in a stream. Remembers how far it looked, so that a message in many segments is read once.
#[derive(Clone, Copy, Debug)]
pub struct Framer(Place);

impl Default for Framer {
    fn default() -> Self {
        Self(Place::Start { searched: 0 })
    }
}

impl Framer {
    /// Takes everything that is not yet consumed; whoever calls consumes what the answer says.
    pub fn next(&mut self, octets: &[u8]) -> Framing {
        loop {
            match self.0 {
                Place::Start { searched } => {
                    let blank = octets.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
                    if blank > 0 {
                        return self.restart(Framing::KeepAlive(blank));
                    }
                    match memchr(b'\n', octets.get(searched..).unwrap_or_default()) {
                        Some(end) if is_start_line(octets.get(..searched + end).unwrap_or_default()) => {
                            self.0 = Place::Headers { searched: searched + end };
                        }
                        Some(end) => return self.resync(octets, searched + end + 1),
                        None if octets.len() > MAX_LINE => return self.resync(octets, octets.len()),
                        None => {
                            self.0 = Place::Start { searched: octets.len() };
                            return Framing::More;
                        }
                    }
                }
                Place::Headers { searched } => match header_end(octets, searched) {
                    Ok(end) => {
                        let body = content_length(octets.get(..end).unwrap_or_default()).unwrap_or(0);
                        match body.checked_add(end).filter(|&need| need <= MAX_MESSAGE) {
                            Some(need) => self.0 = Place::Body { need },
                            None => return self.resync(octets, end),
                        }
                    }
                    Err(_) if octets.len() > MAX_MESSAGE => {
                        let second_line = memchr(b'\n', octets).map_or(octets.len(), |end| end + 1);
                        return self.resync(octets, second_line);
                    }
                    Err(searched) => {
                        self.0 = Place::Headers { searched };
                        return Framing::More;
                    }
                },
                Place::Body { need } if octets.len() >= need => return self.restart(Framing::Message(need)),
                Place::Body { .. } => return Framing::More,
            }
        }
    }

    /// Whether a start line was met and the message has not ended.
    #[must_use]
    pub const fn in_message(&self) -> bool {
        !matches!(self.0, Place::Start { .. })
    }

    /// The length of the message at hand, once its headers are whole.
    #[must_use]
    pub const fn need(&self) -> Option<usize> {
        match self.0 {
            Place::Body { need } => Some(need),
            _ => None,
        }
    }

    fn restart(&mut self, framing: Framing) -> Framing {
        *self = Self::default();
        framing
    }

    /// Skips to the next start line at or behind `from`, or to the last line, which may become one.
    fn resync(&mut self, octets: &[u8], from: usize) -> Framing {
        let rest = octets.get(from..).unwrap_or_default();
        let mut line = 0;
        for end in memchr_iter(b'\n', rest) {
            if rest.get(line..end).is_some_and(is_start_line) {
                return self.restart(Framing::Resync(from + line));
            }
            line = end + 1;
        }
        let skipped = if rest.len() - line > MAX_LINE { octets.len() } else { from + line };
        self.restart(Framing::Resync(skipped))
    }
}

/// Whether octets that are framed from outside are one SIP message: no more and no less (RFC 7118 §5: Content-Length may be left out).
pub(super) fn is_one_message(octets: &[u8]) -> bool {
    let blank = |octets: &[u8]| octets.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let octets = octets.get(blank(octets)..).unwrap_or_default();
    let Ok(end) = header_end(octets, 0) else { return false };
    let Some(body) = octets.get(..end).and_then(content_length) else { return true };
    end.checked_add(body).and_then(|end| octets.get(end..)).is_some_and(|rest| blank(rest) == rest.len())
}

/// Where the empty line behind the headers ends, or from where to look when there is more.
pub(super) fn header_end(octets: &[u8], searched: usize) -> Result<usize, usize> {
    for found in memchr_iter(b'\n', octets.get(searched..).unwrap_or_default()) {
        let at = searched + found;
        match octets.get(at + 1..).unwrap_or_default() {
            [b'\n', ..] => return Ok(at + 2),
            [b'\r', b'\n', ..] => return Ok(at + 3),
            [] | [b'\r'] => return Err(at),
            _ => {}
        }
    }
    Err(octets.len())
}

/// The value of the first Content-Length, read as far as it is a number (RFC 3261 §18.3, §20.14).
fn content_length(headers: &[u8]) -> Option<usize> {
    let mut rest = headers;
    while let Some(end) = memchr(b'\n', rest) {
        // A folded value stands on the lines behind, so the value is read from what follows the name.
        let colon = rest.get(..end).and_then(|line| memchr(b':', line));
        if let Some((name, value)) = colon.and_then(|colon| rest.split_at_checked(colon)) {
            let name = name.trim_ascii_end();
            if name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"l") {
                let digits = value.get(1..).unwrap_or_default().trim_ascii_start().iter().take_while(|b| b.is_ascii_digit());
                return Some(digits.fold(0, |sum: usize, b| sum.saturating_mul(10).saturating_add(usize::from(b - b'0'))));
            }
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BYE: &str = "BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c\r\nContent-Length: 0\r\n\r\n";

    /// What a stream holds when it comes in pieces of `step` octets.
    fn frames(stream: &[u8], step: usize) -> Vec<&[u8]> {
        let (mut framer, mut start, mut messages) = (Framer::default(), 0, Vec::new());
        for end in (0..stream.len()).step_by(step).map(|at| (at + step).min(stream.len())) {
            loop {
                match framer.next(&stream[start..end]) {
                    Framing::More => break,
                    Framing::Message(n) => {
                        messages.push(&stream[start..start + n]);
                        start += n;
                    }
                    Framing::KeepAlive(n) | Framing::Resync(n) => {
                        assert!(n > 0, "must get on");
                        start += n;
                    }
                }
            }
        }
        messages
    }

    #[test]
    fn content_length_as_endpoints_write_it() {
        for header in ["Content-Length: 4", "l:4", "CONTENT-LENGTH \t:  4", "L: 4 ", "Content-Length:\r\n 4", "content-length: 4\r\nl: 9"] {
            let message = format!("INFO sip:a@b SIP/2.0\r\n{header}\r\n\r\nbody");
            assert_eq!(frames(format!("{message}{BYE}").as_bytes(), 7), [message.as_bytes(), BYE.as_bytes()], "{header}");
        }
    }

    #[test]
    fn without_content_length_the_body_is_empty() {
        let message = "SIP/2.0 200 OK\nVia: x\n\n";
        assert_eq!(frames(format!("{message}{BYE}").as_bytes(), 1000), [message.as_bytes(), BYE.as_bytes()]);
    }

    #[test]
    fn keep_alives_are_no_messages() {
        assert_eq!(frames(format!("\r\n\r\n\r\n{BYE}\r\n\r\n{BYE}").as_bytes(), 3).len(), 2);
    }

    #[test]
    fn an_absurd_length_costs_one_message() {
        let liar = "INVITE sip:a@b SIP/2.0\r\nContent-Length: 99999999999999999999999\r\n\r\n";
        assert_eq!(frames(format!("{liar}v=0\r\n{BYE}").as_bytes(), 10), [BYE.as_bytes()]);
    }

    #[test]
    fn a_body_longer_than_it_says_is_skipped() {
        let short = "INFO sip:a@b SIP/2.0\r\nContent-Length: 2\r\n\r\n";
        let messages = frames(format!("{short}v=0\r\ns=-\r\n{BYE}").as_bytes(), 5).len();
        assert_eq!(messages, 2);
    }

    /// 1 MiB that never ends its headers must not be read again for every octet: this test would take minutes.
    #[test]
    fn an_endless_header_is_given_up() {
        let mut stream = b"INVITE sip:a@b SIP/2.0\r\n".to_vec();
        stream.extend(b"X: y\r\n".iter().cycle().take(MAX_MESSAGE / 6 * 6 + 6));
        stream.extend(BYE.as_bytes());
        assert_eq!(frames(&stream, 1), [BYE.as_bytes()]);
    }

    proptest! {
        #[test]
        fn any_octets_get_on(stream in "[ -~\r\n]{0,300}", step in 1usize..50) {
            frames(stream.as_bytes(), step);
        }
    }
}
