//! Takes the captures again, gives the octets of streams and of datagrams in fragments as they are to be written, never those of a cipher.

use std::path::PathBuf;

use hashbrown::HashMap;

use super::super::wanted::{FragmentKey, Interval, Part, Wanted};
use super::Disguise;
use super::checksum;
use super::message::blank;
use crate::base::{Anomalies, Endpoint, Error, Result, Time};
use crate::capture::{Options, Reader};
use crate::packet::{self, Datagram, FragmentPart, Fragments, Packet, Whole};
use crate::pipeline::Progress;
use crate::transport::{Framer, Framing, is_hep, looks_like_sip};

/// The length of the header of UDP.
const UDP_HEADER: usize = 8;

/// Consecutive octets that one end sent.
#[derive(Clone, Debug)]
struct Run {
    start: u32,
    octets: Vec<u8>,
}

impl Run {
    fn end(&self) -> u32 {
        self.start.wrapping_add(u32::try_from(self.octets.len()).unwrap_or(u32::MAX))
    }

    /// How far into the run a sequence number is; `None` outside.
    fn place(&self, seq: u32) -> Option<usize> {
        let place = seq.wrapping_sub(self.start) as usize;
        (place <= self.octets.len()).then_some(place)
    }
}

/// What is written over more than one packet.
#[derive(Debug, Default)]
pub(in super::super) struct Streams {
    runs: HashMap<(Endpoint, Endpoint), Vec<Run>>,
    wholes: HashMap<FragmentKey, Vec<(Interval, Vec<u8>)>>,
}

/// That something is sealed or packed, and what to do.
pub(super) fn refusal(what: &str) -> Error {
    Error::Usage(format!("{what} cannot be made anonymous packet by packet: leave out --anonymize, or extract a call in the clear"))
}

impl Streams {
    /// Reads what is wanted and rewrites it. Whatever the messages name is known to `disguise` afterwards.
    ///
    /// # Errors
    /// If a capture cannot be read, or something of it is encrypted, packed or in WebSocket frames.
    pub(in super::super) fn collect(
        inputs: &[PathBuf],
        wanted: &Wanted,
        disguise: &mut Disguise,
        progress: &dyn Fn(Progress),
    ) -> Result<Self> {
        if wanted.strands.sealed {
            return Err(refusal("what came over TLS"));
        }
        let (mut streams, mut fragments, mut anomalies) = (Self::default(), Fragments::default(), Anomalies::default());
        let mut reader = Reader::open(inputs, Options::default())?;
        let mut frames = 0;
        while let Some(batch) = reader.next_batch()? {
            for frame in batch.frames() {
                let (packet, _) = packet::decode(&frame);
                if wanted.has(&frame, &packet) != Some(Part::Signalling) {
                    continue;
                }
                match packet {
                    Packet::Udp(datagram) => datagram_of(disguise, &datagram, &mut datagram.payload.to_vec())?,
                    Packet::Tcp(segment) => streams.add((segment.source, segment.destination), segment.seq, segment.payload),
                    Packet::Fragment(fragment) => {
                        if let Some(whole) = fragments.push(FragmentPart::new(&frame, &fragment), &mut anomalies) {
                            streams.whole(whole, disguise)?;
                        }
                    }
                    _ => {}
                }
            }
            frames += batch.frame_count();
            reader.recycle(batch);
            progress(Progress { bytes: reader.bytes_read(), total: reader.total_bytes(), frames });
        }
        streams.rewrite(disguise)?;
        Ok(streams)
    }

    /// Puts the data of a segment where it belongs; what was there first stays.
    fn add(&mut self, way: (Endpoint, Endpoint), seq: u32, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        let runs = self.runs.entry(way).or_default();
        match runs.iter_mut().rev().find_map(|run| run.place(seq).map(|place| (run, place))) {
            Some((run, place)) => {
                let known = run.octets.len() - place;
                run.octets.extend(data.get(known..).unwrap_or_default());
            }
            None => runs.push(Run { start: seq, octets: data.to_vec() }),
        }
    }

    /// Joins what belongs together, and rewrites the messages in it.
    fn rewrite(&mut self, disguise: &mut Disguise) -> Result<()> {
        let mut ways: Vec<_> = self.runs.keys().copied().collect();
        ways.sort_unstable();
        for way in ways {
            let Some(runs) = self.runs.get_mut(&way) else { continue };
            join(runs);
            for run in runs {
                messages(&mut run.octets, disguise)?;
            }
        }
        Ok(())
    }

    /// Rewrites a datagram that came in fragments.
    fn whole(&mut self, whole: Whole, disguise: &mut Disguise) -> Result<()> {
        let key = FragmentKey::of_whole(&whole);
        let span = Interval { from: whole.first, to: whole.last };
        let mut octets = whole.bytes.clone();
        if let Packet::Udp(datagram) = whole.packet().0
            && let Some(payload) = octets.get_mut(UDP_HEADER..)
        {
            datagram_of(disguise, &datagram, payload)?;
            checksum::udp(disguise.ip(whole.source), disguise.ip(whole.destination), &mut octets);
        } else {
            octets.fill(0);
        }
        self.wholes.entry(key).or_default().push((span, octets));
        Ok(())
    }

    /// Writes over the data of a segment.
    pub(super) fn segment(&self, way: (Endpoint, Endpoint), seq: u32, data: &mut [u8]) {
        let runs = self.runs.get(&way).map_or(&[][..], Vec::as_slice);
        let new = runs.iter().find_map(|run| run.octets.get(run.place(seq)?..)?.get(..data.len()));
        match new {
            Some(new) => data.copy_from_slice(new),
            None => data.fill(0),
        }
    }

    /// Writes over the data of a fragment.
    pub(super) fn fragment(&self, key: &FragmentKey, time: Time, offset: u32, data: &mut [u8]) {
        let wholes = self.wholes.get(key).map_or(&[][..], Vec::as_slice);
        let whole = wholes.iter().find(|(span, _)| span.has(time)).map(|(_, octets)| octets);
        match whole.and_then(|octets| octets.get(offset as usize..)?.get(..data.len())) {
            Some(new) => data.copy_from_slice(new),
            None => data.fill(0),
        }
    }
}

/// Runs that meet become one.
fn join(runs: &mut Vec<Run>) {
    let mut at = 0;
    while at < runs.len() {
        let end = runs.get(at).map(Run::end);
        match runs.iter().position(|run| Some(run.start) == end) {
            Some(next) if next != at => {
                let next = runs.remove(next);
                // What was taken out may have stood before this one.
                at = runs.iter().position(|run| Some(run.end()) == end).unwrap_or(at);
                runs.get_mut(at).into_iter().for_each(|run| run.octets.extend(&next.octets));
            }
            _ => at += 1,
        }
    }
}

/// Rewrites the messages of a stream; what is none is blanked.
fn messages(octets: &mut [u8], disguise: &mut Disguise) -> Result<()> {
    match octets {
        // RFC 8446 §5.1: change cipher spec, alert, handshake, application data.
        [20..=23, 3, ..] => return Err(refusal("what came over TLS")),
        _ if octets.starts_with(b"GET ") || octets.starts_with(b"HTTP/1.1 101") => return Err(refusal("what came over WebSocket")),
        _ if octets.starts_with(b"HEP3") => return relayed(octets, disguise),
        _ => {}
    }
    let (mut framer, mut rest) = (Framer::default(), octets);
    while !rest.is_empty() {
        let (length, is_message) = match framer.next(rest) {
            Framing::KeepAlive(length) => (length, false),
            Framing::Message(length) => (length, true),
            // The capture holds only its begin.
            Framing::More => (rest.len(), looks_like_sip(rest)),
            Framing::Resync(length) => (length, false),
        };
        let (part, behind) = std::mem::take(&mut rest).split_at_mut_checked(length.max(1)).unwrap_or_default();
        if is_message {
            disguise.message(part)
        } else {
            blank(part)
        }
        rest = behind;
    }
    Ok(())
}

fn relayed(octets: &mut [u8], disguise: &mut Disguise) -> Result<()> {
    let mut rest = octets;
    while let Some(&[_, _, _, _, a, b]) = rest.first_chunk() {
        let length = usize::from(u16::from_be_bytes([a, b])).clamp(6, rest.len());
        let (packet, behind) = std::mem::take(&mut rest).split_at_mut(length);
        disguise.hep(packet).map_err(|_| refusal("a message that HEP packed"))?;
        rest = behind;
    }
    blank(rest);
    Ok(())
}

/// Rewrites the payload of a datagram of signalling.
pub(super) fn datagram_of(disguise: &mut Disguise, datagram: &Datagram<'_>, payload: &mut [u8]) -> Result<()> {
    if looks_like_sip(datagram.payload) {
        disguise.message(payload);
    } else if is_hep(datagram.payload) {
        disguise.hep(payload).map_err(|_| refusal("a message that HEP packed"))?;
    } else {
        payload.fill(0);
    }
    Ok(())
}
