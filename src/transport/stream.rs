//! Takes the octets of one direction of a connection in order, gives the SIP messages in them, never waits for what will not come.

use std::collections::VecDeque;
use std::ops::Range;

use memchr::memchr;

use super::Misframed;
use super::framing::{Framer, Framing};
use super::hep;
use super::msrp::{self, Chunker};
use super::sniff::is_http_line;
use super::tls::{self, Head as RecordHead};
use super::websocket::{Head, Protocol, Step, WebSocket, begins_like_frame, may_upgrade, read_head};
use crate::base::{Anomalies, Anomaly, Carriers, Time, Transport};
use crate::packet::Carriage;

/// How much of a stream that was met in its middle is searched for a SIP start line.
const SEARCH: usize = 64 << 10;

/// What one direction of a connection carries.
#[derive(Debug)]
enum Carries {
    /// Not known yet; so many octets were skipped in search of a start line.
    Unknown { skipped: usize },
    /// SIP in the clear.
    Sip,
    /// An HTTP head that may open a WebSocket; it does not end before `searched`.
    Upgrade { searched: usize },
    /// WebSocket frames.
    WebSocket(Box<WebSocket>),
    /// HEP, version 3.
    Hep,
    /// MSRP: messages of a session that SIP agreed on.
    Msrp(Chunker),
    /// Records of TLS. Their content needs what the other direction says: the connection has it opened, and fed to streams of its own.
    Tls(Records),
    /// HTTP or RTSP: so does the other direction.
    Http,
    /// Something else: its octets are dropped.
    Other,
}

/// How records of TLS are cut.
#[derive(Debug, Default)]
struct Records {
    /// Whether one was cut already.
    begun: bool,
    /// Whether application data is of no use to anybody.
    blind: bool,
    /// Whether octets are missing before the next record.
    gap: bool,
}

/// How a run of octets came.
#[derive(Clone, Debug, Default)]
pub(super) struct Passage {
    /// The frames of its segments.
    pub carriers: Carriers,
    /// Capture time of its (first) segment.
    pub time: Time,
    /// Capture time of its last segment.
    pub last: Time,
    /// IP identification of its segment.
    pub ip_id: u32,
    /// VLAN of its segment.
    pub vlan: Option<u16>,
    /// How its segment was carried.
    pub carriage: Carriage,
}

/// What was cut out of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A SIP message.
    Sip,
    /// A HEP packet, which holds a message.
    Hep,
    /// A chunk of MSRP, as its head, and how long its body was.
    Msrp(u64),
    /// A TLS record; of application data that nobody wants, only the header.
    Record,
    /// No octets: TLS records are missing here.
    Gap,
}

/// One message cut out of a stream.
pub(super) struct Framed {
    pub bytes: Box<[u8]>,
    /// The passage of its octets, with the earliest and the latest time of all.
    pub passage: Passage,
    /// Whether octets of it are missing.
    pub cut: bool,
    /// What carried it.
    pub transport: Transport,
    pub content: Content,
    /// What is wrong with where it begins and ends.
    pub misframed: Option<Misframed>,
}

/// One direction of a connection, in order.
pub(super) struct Stream {
    carries: Carries,
    /// Whether the first octets may lie in the middle of a message.
    midstream: bool,
    framer: Framer,
    /// What is not yet consumed.
    buffer: Vec<u8>,
    /// Where `buffer` begins in the stream.
    begin: u64,
    /// Where each run of octets in `buffer` ends in the stream, and how it came.
    passages: VecDeque<(u64, Passage)>,
    /// Octets to drop: the rest of a message of which a part is missing.
    skip: u64,
    /// Whether framing is lost.
    lost: bool,
    /// Whether the capture and not the sender is to blame for that: octets are missing since the last message.
    excused: bool,
    /// Whether the sender lost it since the last message.
    astray: bool,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            carries: Carries::Unknown { skipped: 0 },
            midstream: false,
            framer: Framer::default(),
            buffer: Vec::new(),
            begin: 0,
            passages: VecDeque::new(),
            skip: 0,
            lost: false,
            excused: false,
            astray: false,
        }
    }
}

impl Stream {
    /// Says that the octets to come may begin anywhere.
    pub(super) fn begins_midstream(&mut self) {
        (self.midstream, self.excused) = (true, true);
        match &mut self.carries {
            Carries::WebSocket(socket) => {
                socket.restart();
                self.lost = true;
            }
            Carries::Tls(records) => {
                records.gap = true;
                self.lost = true;
            }
            Carries::Msrp(chunker) => {
                chunker.restart();
                self.lost = true;
            }
            _ => {}
        }
    }

    /// Says whether the application data of TLS records is of no use to anybody.
    pub(super) fn blind(&mut self, blind: bool) {
        if let Carries::Tls(records) = &mut self.carries {
            records.blind = blind;
        }
    }

    /// Whether its octets are of no interest.
    pub(super) fn is_other(&self) -> bool {
        matches!(self.carries, Carries::Http | Carries::Other)
    }

    /// Whether it is HTTP, which may quote SIP anywhere.
    pub(super) fn is_http(&self) -> bool {
        matches!(self.carries, Carries::Http)
    }

    /// Says that the other direction is HTTP.
    pub(super) fn beside_http(&mut self) {
        // A refused handshake leaves HTTP on both sides.
        if !matches!(self.carries, Carries::Sip | Carries::Hep | Carries::Msrp(_) | Carries::Tls(_) | Carries::Other) {
            self.carries = Carries::Http;
            self.forget();
        }
    }

    /// Octets held.
    pub(super) fn held(&self) -> usize {
        let inside = if let Carries::WebSocket(socket) = &self.carries { socket.held() } else { 0 };
        self.buffer.len() + inside + self.passages.len() * size_of::<(u64, Passage)>()
    }

    /// Takes the next octets.
    pub(super) fn feed(&mut self, octets: &[u8], passage: Passage, out: &mut Vec<Framed>, anomalies: &mut Anomalies) {
        if self.is_other() {
            return;
        }
        let skip = usize::try_from(self.skip).unwrap_or(usize::MAX).min(octets.len());
        let octets = octets.get(skip..).unwrap_or_default();
        self.skip -= skip as u64;
        self.begin += skip as u64;
        if octets.is_empty() {
            return;
        }
        if !self.picks_up(octets) {
            self.begin += octets.len() as u64;
            return;
        }
        self.buffer.extend_from_slice(octets);
        self.passages.push_back((self.begin + self.buffer.len() as u64, passage));
        match self.carries {
            Carries::Unknown { .. } | Carries::Sip | Carries::Hep => self.frame(out, anomalies),
            Carries::Upgrade { .. } => self.upgrade(out, anomalies),
            Carries::WebSocket(_) => self.unframe(out, anomalies),
            Carries::Tls(_) => self.records(out, anomalies),
            Carries::Msrp(_) => self.chunks(out),
            Carries::Http | Carries::Other => {}
        }
    }

    /// Whether the next octets can be understood: behind a hole, WebSocket frames, TLS records and MSRP chunks are found again where a segment
    /// begins with one.
    fn picks_up(&mut self, octets: &[u8]) -> bool {
        match &self.carries {
            Carries::WebSocket(_) if self.lost => self.lost = !begins_like_frame(octets),
            Carries::Tls(_) if self.lost => self.lost = !tls::begins_like_records(octets),
            Carries::Msrp(_) if self.lost => self.lost = !msrp::begins(octets),
            Carries::Unknown { .. } if self.midstream && msrp::begins(octets) => {
                self.begin += self.buffer.len() as u64;
                self.forget();
                self.carries = Carries::Msrp(Chunker::default());
            }
            Carries::Unknown { .. } if self.midstream && tls::begins_like_records(octets) => {
                self.begin += self.buffer.len() as u64;
                self.forget();
                let gap = !matches!(tls::begins_connection(octets), RecordHead::Record(_));
                self.carries = Carries::Tls(Records { begun: true, blind: false, gap });
            }
            Carries::Unknown { .. } if self.midstream && begins_like_frame(octets) => {
                self.begin += self.buffer.len() as u64;
                self.forget();
                self.carries = Carries::WebSocket(Box::new(WebSocket::new(Protocol::Unseen)));
            }
            _ => return true,
        }
        !self.lost
    }

    /// Waits for the end of an HTTP head, and turns to what it says.
    fn upgrade(&mut self, out: &mut Vec<Framed>, anomalies: &mut Anomalies) {
        let Carries::Upgrade { searched } = self.carries else { return };
        match read_head(&self.buffer, searched) {
            Head::More(searched) => self.carries = Carries::Upgrade { searched },
            Head::Upgrade(end, protocol) => {
                self.carries = Carries::WebSocket(Box::new(WebSocket::new(protocol)));
                self.consume(end);
                self.unframe(out, anomalies);
            }
            Head::Other => {
                self.carries = Carries::Http;
                self.forget();
            }
        }
    }

    /// Takes WebSocket messages out of their frames.
    fn unframe(&mut self, out: &mut Vec<Framed>, anomalies: &mut Anomalies) {
        let mut used = 0;
        while let Carries::WebSocket(socket) = &mut self.carries {
            let rest = self.buffer.get(used..).unwrap_or_default();
            match socket.next(rest, anomalies) {
                Step::More => break,
                Step::Skip(n) => {
                    let there = usize::try_from(n).unwrap_or(usize::MAX).min(rest.len());
                    used += there;
                    self.skip = n - there as u64;
                }
                Step::Sip(n, bytes, misframed) => {
                    out.push(Framed { misframed, ..self.framed(used..used + n, bytes, false) });
                    used += n;
                }
                Step::Msrp(n, head, octets) => {
                    out.push(self.cut_out(used..used + n, head, false, Content::Msrp(octets)));
                    used += n;
                }
                Step::Lost => {
                    self.lost = true;
                    used = self.buffer.len();
                    break;
                }
                Step::Done => {
                    self.carries = Carries::Other;
                    return self.forget();
                }
            }
        }
        self.consume(used);
    }

    /// Cuts TLS records.
    fn records(&mut self, out: &mut Vec<Framed>, anomalies: &mut Anomalies) {
        let mut used = 0;
        while let Carries::Tls(records) = &mut self.carries {
            let rest = self.buffer.get(used..).unwrap_or_default();
            let length = match tls::head(rest, !records.begun) {
                RecordHead::Record(length) => length,
                RecordHead::More => break,
                RecordHead::Broken if rest.is_empty() => break,
                RecordHead::Broken => {
                    anomalies.note(Anomaly::TlsBroken);
                    records.gap = true;
                    self.lost = true;
                    used = self.buffer.len();
                    break;
                }
            };
            let unwanted = records.blind && tls::is_application_data(rest);
            if !unwanted && rest.len() < length {
                break;
            }
            records.begun = true;
            if std::mem::take(&mut records.gap) {
                out.push(self.cut_out(used..used, Box::default(), false, Content::Gap));
            }
            let there = length.min(rest.len());
            let bytes = if unwanted { rest.get(..tls::HEADER) } else { rest.get(..length) }.unwrap_or_default().into();
            out.push(self.cut_out(used..used + there, bytes, false, Content::Record));
            used += there;
            self.skip = (length - there) as u64;
        }
        self.consume(used);
    }

    /// Takes chunks of MSRP as they end.
    fn chunks(&mut self, out: &mut Vec<Framed>) {
        let mut used = 0;
        while let Carries::Msrp(chunker) = &mut self.carries {
            match chunker.next(self.buffer.get(used..).unwrap_or_default()) {
                msrp::Step::More => break,
                msrp::Step::Inside(n) => used += n,
                msrp::Step::Chunk(n, head, octets) => {
                    out.push(self.cut_out(used..used + n, head, false, Content::Msrp(octets)));
                    used += n;
                }
                msrp::Step::Lost => {
                    self.lost = true;
                    used = self.buffer.len();
                    break;
                }
            }
        }
        self.consume(used);
    }

    fn frame(&mut self, out: &mut Vec<Framed>, anomalies: &mut Anomalies) {
        let mut used = 0;
        loop {
            let rest = self.buffer.get(used..).unwrap_or_default();
            if matches!(self.carries, Carries::Unknown { skipped: 0 }) && used == 0 {
                match tls::begins_connection(rest) {
                    RecordHead::Record(_) => {
                        self.carries = Carries::Tls(Records::default());
                        return self.records(out, anomalies);
                    }
                    RecordHead::More => return,
                    RecordHead::Broken if tls::begins_overlong(rest) => {
                        self.carries = Carries::Tls(Records::default());
                        return self.records(out, anomalies);
                    }
                    RecordHead::Broken => {}
                }
            }
            if matches!(self.carries, Carries::Unknown { .. }) && msrp::begins(rest) {
                self.carries = Carries::Msrp(Chunker::default());
                self.framer = Framer::default();
                self.consume(used);
                return self.chunks(out);
            }
            if matches!(self.carries, Carries::Unknown { .. })
                && let Some(at) = hep::find(rest, self.midstream)
            {
                self.carries = Carries::Hep;
                used += at;
                continue;
            }
            let framing = if matches!(self.carries, Carries::Hep) { hep::frame(rest) } else { self.framer.next(rest) };
            if let Carries::Unknown { skipped } = self.carries {
                let carries = match framing {
                    Framing::Message(_) => Carries::Sip,
                    _ if self.framer.in_message() => Carries::Sip,
                    Framing::Resync(_) if may_upgrade(rest) && begins_like_http(rest) => Carries::Upgrade { searched: 0 },
                    Framing::Resync(_) if begins_like_http(rest) => Carries::Http,
                    Framing::Resync(n) if self.midstream && skipped + n <= SEARCH => Carries::Unknown { skipped: skipped + n },
                    Framing::Resync(_) => Carries::Other,
                    Framing::KeepAlive(_) | Framing::More => Carries::Unknown { skipped },
                };
                self.carries = carries;
                if matches!(self.carries, Carries::Upgrade { .. }) {
                    self.consume(used);
                    return self.upgrade(out, anomalies);
                }
                if self.is_other() {
                    self.forget();
                    return;
                }
            }
            match framing {
                Framing::More => break,
                Framing::KeepAlive(n) => used += n,
                Framing::Message(n) => {
                    let bytes = rest.get(..n).unwrap_or_default().into();
                    let misframed = std::mem::take(&mut self.astray).then_some(Misframed::OutOfStep);
                    out.push(Framed { misframed, ..self.framed(used..used + n, bytes, false) });
                    used += n;
                    (self.lost, self.excused) = (false, false);
                }
                Framing::Resync(n) => {
                    if matches!(self.carries, Carries::Sip | Carries::Hep) && !std::mem::replace(&mut self.lost, true) {
                        anomalies.note(Anomaly::SipResync);
                        self.astray = !self.excused;
                    }
                    used += n;
                }
            }
        }
        self.consume(used);
    }

    /// Passes over octets that never will come. What they belong to is given as far as it is known, and framing goes on behind it where it can.
    pub(super) fn gap(&mut self, missing: u64, out: &mut Vec<Framed>, anomalies: &mut Anomalies) {
        let unread = match &self.carries {
            Carries::WebSocket(socket) if self.skip == 0 => socket.unread(&self.buffer),
            Carries::Tls(_) if self.skip == 0 => match tls::head(&self.buffer, false) {
                RecordHead::Record(length) => length.saturating_sub(self.buffer.len()) as u64,
                _ => 0,
            },
            _ => self.framer.need().map_or(self.skip, |need| need.saturating_sub(self.buffer.len()) as u64),
        };
        let between = self.buffer.is_empty();
        self.close(out, anomalies);
        match &mut self.carries {
            Carries::WebSocket(_) => self.lost |= missing > unread,
            Carries::Tls(records) => {
                self.lost |= missing > unread;
                // Of a record that nobody wants, nothing is missed.
                records.gap |= !between || missing > unread;
            }
            Carries::Upgrade { .. } => self.carries = Carries::Unknown { skipped: 0 },
            _ => {}
        }
        self.begin += missing;
        (self.midstream, self.excused) = (true, true);
        self.skip = unread.saturating_sub(missing);
    }

    /// Gives what is known of a message that will not become whole.
    pub(super) fn close(&mut self, out: &mut Vec<Framed>, anomalies: &mut Anomalies) {
        let bytes = match &mut self.carries {
            Carries::WebSocket(socket) => {
                let cut = socket.cut(&self.buffer);
                anomalies.note_many(Anomaly::SipCut, u64::from(cut.is_some()));
                cut
            }
            Carries::Tls(_) => {
                anomalies.note_many(Anomaly::TlsCut, u64::from(!self.buffer.is_empty() && !self.lost));
                None
            }
            carries => {
                if self.framer.in_message() || (matches!(carries, Carries::Sip | Carries::Hep) && !self.lost && !self.buffer.is_empty()) {
                    anomalies.note(Anomaly::SipCut);
                }
                self.framer.need().map(|_| self.buffer.as_slice().into())
            }
        };
        if let Some(bytes) = bytes {
            out.push(self.framed(0..self.buffer.len(), bytes, true));
        }
        self.begin += self.buffer.len() as u64;
        self.forget();
    }

    /// Drops what is held, as if it had not been understood.
    pub(super) fn forget(&mut self) {
        if let Carries::Msrp(chunker) = &mut self.carries {
            chunker.restart();
            self.lost = true;
        }
        self.framer = Framer::default();
        self.buffer = Vec::new();
        self.passages = VecDeque::new();
        self.skip = 0;
    }

    /// A message that stands at `place` in the buffer.
    fn framed(&self, place: Range<usize>, bytes: Box<[u8]>, cut: bool) -> Framed {
        let content = if matches!(self.carries, Carries::Hep) { Content::Hep } else { Content::Sip };
        self.cut_out(place, bytes, cut, content)
    }

    fn cut_out(&self, place: Range<usize>, bytes: Box<[u8]>, cut: bool, content: Content) -> Framed {
        let (start, end) = (self.begin + place.start as u64, self.begin + place.end as u64);
        let from = self.passages.partition_point(|&(passage_end, _)| passage_end <= start);
        let to = self.passages.partition_point(|&(passage_end, _)| passage_end < end).max(from);
        let mut passages = self.passages.iter().skip(from).take(to + 1 - from).map(|(_, passage)| passage);
        let mut whole = passages.next().cloned().unwrap_or_default();
        for passage in passages {
            whole.time = whole.time.min(passage.time);
            whole.last = whole.last.max(passage.last);
            // Two TLS records may share a segment.
            let known = whole.carriers.last().copied();
            whole.carriers.extend(passage.carriers.iter().copied().filter(|&origin| Some(origin) != known));
        }
        let transport = if matches!(self.carries, Carries::WebSocket(_)) { Transport::Ws } else { Transport::Tcp };
        Framed { bytes, passage: whole, cut, transport, content, misframed: None }
    }

    fn consume(&mut self, used: usize) {
        // An idle connection holds no memory for octets: there may be very many.
        if used == self.buffer.len() {
            self.buffer = Vec::new();
        } else {
            self.buffer.drain(..used);
        }
        self.begin += used as u64;
        while self.passages.front().is_some_and(|&(end, _)| end <= self.begin) {
            self.passages.pop_front();
        }
    }
}

fn begins_like_http(octets: &[u8]) -> bool {
    is_http_line(memchr(b'\n', octets).and_then(|end| octets.get(..end)).unwrap_or(octets))
}
