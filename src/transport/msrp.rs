//! Takes the octets of a stream as they come, tells where its MSRP chunks end and what their heads say, never keeps what was written.

use memchr::{memchr, memmem};

use super::tls::Moment;
use crate::base::{Endpoint, Origin, Time};

/// The longest head of a chunk, start line and headers, that is waited for.
const MAX_HEAD: usize = 8 << 10;

/// What begins the last line of a chunk, before its transaction (RFC 4975 §7.1).
const DASHES: &[u8] = b"-------";

/// The transaction identifiers that are no noise (RFC 4975 §9: 4 to 32 characters).
const IDENT: std::ops::RangeInclusive<usize> = 4..=32;

/// What stands at the beginning of the octets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing whole: come again with the same octets and more.
    More,
    /// So many octets inside a chunk.
    Inside(usize),
    /// A chunk ends behind so many octets: its head, and how long its body was.
    Chunk(usize, Box<[u8]>, u64),
    /// No chunk: framing is lost.
    Lost,
}

/// The place in a stream of chunks. A body passes without being held.
#[derive(Debug, Default)]
pub(super) struct Chunker(Option<Open>);

#[derive(Debug)]
struct Open {
    head: Box<[u8]>,
    /// The last line of the chunk, but for its flag.
    end: Box<[u8]>,
    /// Octets of its body that passed.
    body: u64,
}

/// Whether octets begin with a whole start line of MSRP.
pub(super) fn begins(octets: &[u8]) -> bool {
    line(octets).is_some_and(|(first, _)| start(first).is_some())
}

/// The head of the chunk that octets are, and how long its body is; `None` for anything else, and for more.
pub(super) fn whole(octets: &[u8]) -> Option<(Box<[u8]>, u64)> {
    let (mut chunker, mut rest) = (Chunker::default(), octets);
    loop {
        match chunker.next(rest) {
            Step::Inside(used) => rest = rest.get(used..)?,
            Step::Chunk(used, head, body) => return (used == rest.len()).then_some((head, body)),
            Step::More | Step::Lost => return None,
        }
    }
}

impl Chunker {
    /// Takes everything that is not yet consumed.
    pub(super) fn next(&mut self, octets: &[u8]) -> Step {
        if let Some(open) = &mut self.0 {
            return match open.find(octets) {
                Found::At(end, used) => {
                    let body = open.body + end as u64;
                    self.0.take().map_or(Step::Lost, |open| Step::Chunk(used, open.head, body))
                }
                Found::Not(0) => Step::More,
                Found::Not(passed) => {
                    open.body += passed as u64;
                    Step::Inside(passed)
                }
            };
        }
        let Some((first, mut rest)) = line(octets) else {
            return if octets.len() > MAX_HEAD { Step::Lost } else { Step::More };
        };
        let Some((transaction, _)) = start(first) else { return Step::Lost };
        let end: Box<[u8]> = [DASHES, transaction].concat().into();
        // Headers end with an empty line, behind which the body stands, or with the last line where there is none.
        while let Some((header, behind)) = line(rest) {
            let at = octets.len() - rest.len();
            if header.strip_prefix(&*end).is_some_and(is_flag) {
                return Step::Chunk(octets.len() - behind.len(), octets.get(..at).unwrap_or_default().into(), 0);
            }
            if header.is_empty() {
                self.0 = Some(Open { head: octets.get(..at).unwrap_or_default().into(), end, body: 0 });
                return Step::Inside(octets.len() - behind.len());
            }
            rest = behind;
        }
        if octets.len() > MAX_HEAD { Step::Lost } else { Step::More }
    }

    /// Forgets the chunk at hand.
    pub(super) fn restart(&mut self) {
        self.0 = None;
    }
}

enum Found {
    /// The body ends before the first, the chunk behind the second.
    At(usize, usize),
    /// Not in so many octets.
    Not(usize),
}

impl Open {
    /// Looks for the last line (RFC 4975 §7.1: it begins a line, and what a body holds never looks like it).
    fn find(&self, octets: &[u8]) -> Found {
        // It may stand behind a line end, and be cut before its own.
        let unsure = octets.len().saturating_sub(self.end.len() + b"\r\n".len() + b"$\r\n".len());
        for at in memmem::find_iter(octets, &*self.end) {
            let before = octets.get(..at).unwrap_or_default();
            let is_line = before.is_empty() && self.body == 0 || before.ends_with(b"\r\n");
            match octets.get(at + self.end.len()..).and_then(<[u8]>::split_first_chunk::<3>) {
                Some(([b'+' | b'$' | b'#', b'\r', b'\n'], _)) if is_line => {
                    return Found::At(at.saturating_sub(2), at + self.end.len() + 3);
                }
                None if is_line => return Found::Not(unsure.min(at.saturating_sub(2))),
                _ => {}
            }
        }
        Found::Not(unsure)
    }
}

fn is_flag(rest: &[u8]) -> bool {
    matches!(rest, b"+" | b"$" | b"#")
}

/// The first line without its end, and what stands behind it.
fn line(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr(b'\n', octets)?;
    let (line, rest) = octets.split_at_checked(end + 1)?;
    Some((line.strip_suffix(b"\r\n")?, rest))
}

/// The transaction of a start line, and its method or status code.
fn start(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut words = line.strip_prefix(b"MSRP ")?.splitn(3, |&b| b == b' ');
    let (transaction, what) = (words.next()?, words.next()?);
    let is_code = what.len() == 3 && what.iter().all(u8::is_ascii_digit);
    let is_method = !what.is_empty() && what.len() <= 16 && what.iter().all(u8::is_ascii_uppercase);
    (IDENT.contains(&transaction.len()) && (is_code || is_method)).then_some((transaction, what))
}

/// What a chunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// A piece of a message, or a whole one.
    Send,
    /// What became of a message, and whether that was a failure (RFC 4975 §7.1.2).
    Report {
        /// Whether it was.
        failed: bool,
    },
    /// The answer to a request: its status code.
    Response(u16),
    /// A request of another method.
    Other,
}

/// A chunk of MSRP (RFC 4975) as it passed; what was written in it is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The frame that ended it.
    pub origin: Origin,
    /// When that passed.
    pub time: Time,
    /// The running clock at that frame.
    pub clock: Time,
    /// Sender of its segments.
    pub source: Endpoint,
    /// Their receiver.
    pub destination: Endpoint,
    /// The session as the one who wrote it names it.
    pub from: Box<[u8]>,
    /// The session as the one whom it is for names it.
    pub to: Box<[u8]>,
    /// What it is.
    pub message: Message,
    /// Octets of its body.
    pub octets: u64,
}

impl Chunk {
    /// Reads a head that passed from one end to another; `None` without both paths.
    pub(super) fn read(head: &[u8], octets: u64, at: Moment, (source, destination): (Endpoint, Endpoint)) -> Option<Self> {
        let (first, rest) = line(head)?;
        let (_, what) = start(first)?;
        let header = |name: &[u8]| {
            rest.split(|&b| b == b'\n').find_map(|line| {
                let (own, value) = line.split_at_checked(name.len())?;
                own.eq_ignore_ascii_case(name).then(|| value.strip_prefix(b":").map(<[u8]>::trim_ascii)).flatten()
            })
        };
        let message = match what {
            b"SEND" => Message::Send,
            // A status stands behind its name space: `000 413 Message too large`.
            b"REPORT" => {
                Message::Report { failed: header(b"Status").is_some_and(|status| status.get(4..7).is_some_and(|code| code != b"200")) }
            }
            [a @ b'0'..=b'9', b, c] => Message::Response([a, b, c].iter().fold(0, |code, digit| code * 10 + u16::from(*digit - b'0'))),
            _ => Message::Other,
        };
        Some(Self {
            origin: at.origin,
            time: at.time,
            clock: at.clock,
            source,
            destination,
            from: session(header(b"From-Path")?)?.into(),
            to: session(header(b"To-Path")?)?.into(),
            message,
            octets,
        })
    }
}

/// The session that a path leads to: the name in its last URI, which nobody on the way changes (RFC 4975 §6, §7.1).
#[must_use]
pub fn session(path: &[u8]) -> Option<&[u8]> {
    let last = path.rsplit(|&b| b == b' ').find(|uri| !uri.is_empty())?;
    let behind = last.get(memmem::find(last, b"://")? + 3..)?;
    let (_, name) = behind.split_at_checked(memchr(b'/', behind)? + 1)?;
    name.split(|&b| b == b';').next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 4975 §5.1 and §11.1 in one stream: a message and its answer, then one in two chunks and its report.
    const STREAM: &str = "MSRP a786hjs2 SEND\r\nTo-Path: msrp://biloxi.example.com:12763/kjhd37s2s20w2a;tcp\r\n\
        From-Path: msrp://atlanta.example.com:7654/jshA7weztas;tcp\r\nMessage-ID: 87652491\r\nByte-Range: 1-25/25\r\nContent-Type: text/plain\r\n\r\n\
        Hey Bob, are you there?\r\n\r\n-------a786hjs2$\r\n\
        MSRP a786hjs2 200 OK\r\nTo-Path: msrp://atlanta.example.com:7654/jshA7weztas;tcp\r\n\
        From-Path: msrp://biloxi.example.com:12763/kjhd37s2s20w2a;tcp\r\n-------a786hjs2$\r\n\
        MSRP dkei38sd SEND\r\nTo-Path: msrp://alice.example.com:7777/iau39soe2843z;tcp\r\nFrom-Path: msrp://bob.example.org:8888/9di4eae923wzd;tcp\r\n\
        Message-ID: 456s9wlk3\r\nByte-Range: 1-4/8\r\nContent-Type: text/plain\r\n\r\nabcd\r\n-------dkei38sd+\r\n\
        MSRP hk7zf3j2 REPORT\r\nTo-Path: msrps://relay.example.org:9000/hjdhfha;tcp msrp://bob.example.org:8888/9di4eae923wzd;tcp\r\n\
        From-Path: msrp://alice.example.com:7777/iau39soe2843z;tcp\r\nStatus: 000 413 Unwanted\r\n-------hk7zf3j2$\r\n";

    fn read(head: &[u8], octets: u64) -> Option<Chunk> {
        Chunk::read(head, octets, Moment { origin: Origin::default(), time: Time(0), clock: Time(0) }, Default::default())
    }

    fn chunks(stream: &[u8], step: usize) -> Vec<(Message, u64, String)> {
        let (mut chunker, mut at, mut all) = (Chunker::default(), 0, Vec::new());
        for end in (0..stream.len()).step_by(step).map(|n| (n + step).min(stream.len())) {
            loop {
                match chunker.next(&stream[at..end]) {
                    Step::More => break,
                    Step::Inside(n) => at += n,
                    Step::Chunk(n, head, octets) => {
                        at += n;
                        let Some(chunk) = read(&head, octets) else { continue };
                        all.push((chunk.message, octets, String::from_utf8_lossy(&chunk.to).into_owned()));
                    }
                    Step::Lost => return all,
                }
            }
        }
        all
    }

    #[test]
    fn the_examples_of_the_standard_in_pieces_of_any_size() {
        for step in [1, 2, 7, 40, 5_000] {
            let expected = [
                (Message::Send, 25, "kjhd37s2s20w2a"),
                (Message::Response(200), 0, "jshA7weztas"),
                (Message::Send, 4, "iau39soe2843z"),
                (Message::Report { failed: true }, 0, "9di4eae923wzd"),
            ];
            assert_eq!(chunks(STREAM.as_bytes(), step), expected.map(|(m, n, to)| (m, n, to.to_owned())), "{step}");
        }
    }

    #[test]
    fn a_body_may_look_like_an_end_that_it_is_not() {
        let body = "-------abcd1235$\r\nx-------abcd1234$\r\n-------abcd1234!\r\n";
        let stream =
            format!("MSRP abcd1234 SEND\r\nTo-Path: msrp://b/2;tcp\r\nFrom-Path: msrp://a/1;tcp\r\n\r\n{body}\r\n-------abcd1234$\r\n");
        for step in [1, 3, 900] {
            assert_eq!(chunks(stream.as_bytes(), step), [(Message::Send, body.len() as u64, "2".to_owned())], "{step}");
        }
    }

    #[test]
    fn an_empty_body_and_a_head_without_end() {
        let empty = "MSRP abcd1234 SEND\r\nTo-Path: msrp://b/2;tcp\r\nFrom-Path: msrp://a/1;tcp\r\n\r\n-------abcd1234$\r\n";
        assert_eq!(chunks(empty.as_bytes(), 1), [(Message::Send, 0, "2".to_owned())]);
        let endless = [b"MSRP abcd1234 SEND\r\n".as_slice(), &b"X: y\r\n".repeat(MAX_HEAD)].concat();
        assert_eq!(Chunker::default().next(&endless), Step::Lost);
    }

    #[test]
    fn what_is_no_start_line_is_none() {
        for text in
            ["MSRP a SEND\r\n", "MSRP abcd1234 send\r\n", "MSRP abcd1234 20\r\n", "MSRP abcd1234 SEND", "INVITE sip:a@b SIP/2.0\r\n"]
        {
            assert!(!begins(text.as_bytes()), "{text}");
        }
        assert!(begins(b"MSRP abcd1234 AUTH\r\n"));
    }

    proptest! {
        #[test]
        fn any_octets_get_on(noise in "(MSRP abcd SEND\r\n|-------abcd[$+]\r\n|[ -~]{0,9}|\r\n){0,40}", step in 1usize..50) {
            let _ = chunks(noise.as_bytes(), step);
            let _ = read(noise.as_bytes(), 0);
        }
    }
}
