//! Takes the octets of one direction of a WebSocket connection, gives the messages in its frames, never guesses what a compressed one says.

use super::Misframed;
use super::framing::{MAX_MESSAGE, header_end, is_one_message};
use super::msrp;
use super::sniff::looks_like_sip;
use crate::base::{Anomalies, Anomaly};

/// The longest HTTP head that is waited for.
const MAX_HEAD: usize = 16 << 10;

/// What the opening handshake said of the sub-protocol (RFC 7118 §4, RFC 7977 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// `sip` or `msrp` was offered, or chosen.
    Named,
    /// None was named.
    Unnamed,
    /// The capture does not hold the handshake.
    Unseen,
}

/// What an HTTP head tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// It does not end before so many octets.
    More(usize),
    /// Behind so many octets it is a WebSocket.
    Upgrade(usize, Protocol),
    /// It stays HTTP, or turns to something else than SIP and MSRP.
    Other,
}

/// Whether an HTTP head may belong to an opening handshake (RFC 6455 §4.1, §4.2.2).
pub(super) fn may_upgrade(head: &[u8]) -> bool {
    head.starts_with(b"GET ") || head.starts_with(b"HTTP/1.1 101")
}

/// Reads an HTTP head that does not end before `searched`.
pub(super) fn read_head(octets: &[u8], searched: usize) -> Head {
    let end = match header_end(octets, searched) {
        Ok(end) => end,
        Err(searched) if octets.len() < MAX_HEAD => return Head::More(searched),
        Err(_) => return Head::Other,
    };
    let (mut upgrade, mut protocols, mut ours) = (false, false, false);
    for line in octets.get(..end).unwrap_or_default().split(|&b| b == b'\n') {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (name, value) = line.split_at(colon);
        let mut words = value.get(1..).unwrap_or_default().split(|&b| b == b',').map(<[u8]>::trim_ascii);
        if name.eq_ignore_ascii_case(b"Upgrade") {
            upgrade |= words.any(|word| word.eq_ignore_ascii_case(b"websocket"));
        } else if name.eq_ignore_ascii_case(b"Sec-WebSocket-Protocol") {
            protocols = true;
            ours |= words.any(|word| word.eq_ignore_ascii_case(b"sip") || word.eq_ignore_ascii_case(b"msrp"));
        }
    }
    match (upgrade, protocols, ours) {
        (true, _, true) => Head::Upgrade(end, Protocol::Named),
        (true, false, false) => Head::Upgrade(end, Protocol::Unnamed),
        _ => Head::Other,
    }
}

/// Whether octets begin with the frame of a SIP message, or of a chunk of MSRP: how a connection that is met in its middle is known.
pub(super) fn begins_like_frame(octets: &[u8]) -> bool {
    // Text or binary, whole or the first of several, not compressed.
    let Some(Ok(header)) = octets.first().filter(|&&b| matches!(b & 0x7f, 1 | 2)).and_then(|_| Header::read(octets)) else { return false };
    let mut payload = octets.get(header.length..).unwrap_or_default();
    payload = payload.get(..usize::try_from(header.payload).unwrap_or(usize::MAX)).unwrap_or(payload);
    let message = header.unmasked(payload).collect::<Vec<_>>();
    looks_like_sip(&message) || msrp::begins(&message)
}

/// What the next octets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing whole: come again with the same octets and more.
    More,
    /// So many octets say nothing; they may not all have come.
    Skip(u64),
    /// So many octets hold a SIP message, this one, in a frame that may break the rules.
    Sip(usize, Box<[u8]>, Option<Misframed>),
    /// So many octets hold a chunk of MSRP: its head, and how long its body is.
    Msrp(usize, Box<[u8]>, u64),
    /// No frame begins here.
    Lost,
    /// Nothing more comes, or nothing of interest.
    Done,
}

/// One direction of a WebSocket connection, behind the handshake.
#[derive(Debug)]
pub(super) struct WebSocket {
    protocol: Protocol,
    /// Whether a SIP message or a chunk of MSRP was met.
    is_known: bool,
    /// Where the next frame begins in what is not yet consumed: behind the first frames of a message.
    at: usize,
    open: Open,
    /// What the frames of a message held so far.
    message: Vec<u8>,
}

/// Whether frames of a message were met and more must come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    No,
    Kept,
    /// Compressed, too long, or cut.
    Dropped,
}

impl WebSocket {
    pub(super) const fn new(protocol: Protocol) -> Self {
        Self { protocol, is_known: false, at: 0, open: Open::No, message: Vec::new() }
    }

    /// Octets held beside those that are not consumed.
    pub(super) const fn held(&self) -> usize {
        self.message.len()
    }

    /// Forgets the message at hand; the next frame is the first of a message.
    pub(super) fn restart(&mut self) {
        *self = Self { is_known: self.is_known, ..Self::new(self.protocol) };
    }

    /// Takes everything that is not yet consumed; whoever calls consumes what the answer says.
    pub(super) fn next(&mut self, octets: &[u8], anomalies: &mut Anomalies) -> Step {
        loop {
            let rest = octets.get(self.at..).unwrap_or_default();
            let header = match Header::read(rest) {
                Some(Ok(header)) => header,
                Some(Err(Broken)) => return self.lost(anomalies),
                None => return Step::More,
            };
            let whole = usize::try_from(header.total()).ok().and_then(|total| rest.get(header.length..total));
            match (header.opcode, self.open) {
                (CLOSE, _) => return Step::Done,
                (PING | PONG, Open::Kept) => match whole {
                    Some(_) if self.at < 2 * MAX_MESSAGE => self.at += header.total() as usize,
                    Some(_) => return self.drop_message(&header),
                    None => return Step::More,
                },
                (PING | PONG, _) => return Step::Skip(header.total()),
                (CONTINUATION, Open::Dropped) => return self.drop_message(&header),
                (TEXT | BINARY, Open::No) if header.compressed => {
                    if self.is_known || self.protocol != Protocol::Unseen {
                        anomalies.note(Anomaly::WsCompressed);
                    }
                    if !self.is_known && self.protocol == Protocol::Unnamed {
                        return Step::Done;
                    }
                    return self.drop_message(&header);
                }
                (CONTINUATION, Open::Kept) | (TEXT | BINARY, Open::No) if !header.compressed => {
                    let room = MAX_MESSAGE - self.message.len().min(MAX_MESSAGE);
                    if header.payload > room as u64 || self.at > 2 * MAX_MESSAGE {
                        anomalies.note(Anomaly::WsFraming);
                        return self.drop_message(&header);
                    }
                    let Some(payload) = whole else { return Step::More };
                    self.message.extend(header.unmasked(payload));
                    self.at += header.total() as usize;
                    self.open = Open::Kept;
                    if header.last {
                        return self.complete(anomalies);
                    }
                }
                _ => return self.lost(anomalies),
            }
        }
    }

    /// One SIP message is one WebSocket message (RFC 7118 §5), and so is one chunk of MSRP (RFC 7977 §5.1).
    fn complete(&mut self, anomalies: &mut Anomalies) -> Step {
        let octets = std::mem::take(&mut self.at);
        let message = std::mem::take(&mut self.message);
        self.open = Open::No;
        if message.iter().all(|b| matches!(b, b'\r' | b'\n')) {
            return Step::Skip(octets as u64);
        }
        if let Some((head, body)) = msrp::whole(&message) {
            self.is_known = true;
            return Step::Msrp(octets, head, body);
        }
        if !looks_like_sip(&message) {
            if !self.is_known && self.protocol == Protocol::Unnamed {
                return Step::Done;
            }
            anomalies.note(Anomaly::WsFraming);
            return Step::Skip(octets as u64);
        }
        let mut misframed = None;
        if !std::mem::replace(&mut self.is_known, true) && self.protocol == Protocol::Unnamed {
            anomalies.note(Anomaly::WsNoSubprotocol);
            misframed = Some(Misframed::NoSubprotocol);
        }
        if !is_one_message(&message) {
            anomalies.note(Anomaly::WsFraming);
            misframed = Some(Misframed::NotOneMessage);
        }
        Step::Sip(octets, message.into(), misframed)
    }

    fn drop_message(&mut self, header: &Header) -> Step {
        let octets = self.at as u64 + header.total();
        self.restart();
        // A control frame does not end the message that it stands in.
        self.open = if header.last && header.opcode < CLOSE { Open::No } else { Open::Dropped };
        Step::Skip(octets)
    }

    fn lost(&mut self, anomalies: &mut Anomalies) -> Step {
        self.restart();
        if !self.is_known && self.protocol == Protocol::Unnamed {
            return Step::Done;
        }
        anomalies.note(Anomaly::SipResync);
        Step::Lost
    }

    /// How much of the frame at hand is not yet there; 0 where its header is not whole.
    pub(super) fn unread(&self, octets: &[u8]) -> u64 {
        let rest = octets.get(self.at..).unwrap_or_default();
        Header::read(rest).and_then(Result::ok).map_or(0, |header| header.total().saturating_sub(rest.len() as u64))
    }

    /// Gives what there is of a SIP message that will not become whole, and passes over the rest of it.
    pub(super) fn cut(&mut self, octets: &[u8]) -> Option<Box<[u8]>> {
        let rest = octets.get(self.at..).unwrap_or_default();
        let mut message = std::mem::take(&mut self.message);
        let mut more = self.open != Open::No;
        if let Some(Ok(header)) = Header::read(rest)
            && header.opcode < CLOSE
            && !header.compressed
        {
            message.extend(header.unmasked(rest.get(header.length..).unwrap_or_default()));
            more = !header.last;
        }
        self.restart();
        self.open = if more { Open::Dropped } else { Open::No };
        looks_like_sip(&message).then(|| message.into())
    }
}

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// No frame has such a header.
struct Broken;

/// The header of a frame (RFC 6455 §5.2).
struct Header {
    /// Whether it is the last frame of its message.
    last: bool,
    /// RSV1 (RFC 7692 §6).
    compressed: bool,
    opcode: u8,
    mask: [u8; 4],
    /// Octets of the header.
    length: usize,
    /// Octets behind it.
    payload: u64,
}

impl Header {
    /// `None` where it is not whole.
    fn read(octets: &[u8]) -> Option<Result<Self, Broken>> {
        let [first, second] = *octets.first_chunk()?;
        let (opcode, last, compressed) = (first & 0x0f, first & 0x80 != 0, first & 0x40 != 0);
        let control = opcode >= CLOSE;
        if first & 0x30 != 0 || !matches!(opcode, 0..=2 | 8..=10) || (control && (!last || compressed || second & 0x7f > 125)) {
            return Some(Err(Broken));
        }
        let (payload, length) = match second & 0x7f {
            126 => (u64::from(u16::from_be_bytes(*octets.get(2..)?.first_chunk()?)), 4),
            127 => (u64::from_be_bytes(*octets.get(2..)?.first_chunk()?), 10),
            short => (u64::from(short), 2),
        };
        if payload > u64::MAX >> 1 {
            return Some(Err(Broken));
        }
        let masked = second & 0x80 != 0;
        let mask = if masked { *octets.get(length..)?.first_chunk()? } else { [0; 4] };
        Some(Ok(Self { last, compressed, opcode, mask, length: length + if masked { 4 } else { 0 }, payload }))
    }

    const fn total(&self) -> u64 {
        self.length as u64 + self.payload
    }

    /// The payload without its mask (RFC 6455 §5.3).
    fn unmasked<'a>(&'a self, payload: &'a [u8]) -> impl Iterator<Item = u8> + 'a {
        payload.iter().zip(self.mask.iter().cycle()).map(|(octet, mask)| octet ^ mask)
    }
}
