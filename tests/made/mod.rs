//! Takes what a test wants on the wire, gives a capture file of it, never shares code with the program that reads it back.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

pub mod calls;
pub mod fragment;
pub mod link;
pub mod media;
pub mod oracle;
pub mod program;
pub mod sctp;
pub mod tcp;
pub mod tunnels;
pub mod websocket;

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// A capture to audit, with its policy if it has one.
pub struct Case {
    pub capture: PathBuf,
    pub policy: Option<PathBuf>,
}

/// Every shipped sample.
pub fn samples() -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in fs::read_dir("samples").unwrap() {
        let folder = entry.unwrap().path();
        let capture = ["capture.pcap", "capture.pcapng"].iter().map(|name| folder.join(name)).find(|path| path.exists());
        if let Some(capture) = capture {
            cases.push(Case { capture, policy: Some(folder.join("policy.toml")).filter(|p| p.exists()) });
        }
    }
    cases.sort_by(|a, b| a.capture.cmp(&b.capture));
    assert!(cases.len() >= 6, "the samples are missing");
    cases
}

/// Made captures that hold a bit of everything, written into a folder: worked calls, and TCP, UDP, fragments and media in one.
pub fn mixtures(folder: &Path) -> Vec<Case> {
    let policy = folder.join("policy.toml");
    fs::write(&policy, format!("{}[sip.methods]\nBYE = \"forbidden\"\n", program::PEERS)).unwrap();
    let capture = |name: &str, frames: &[Frame]| Case { capture: write(folder, name, frames), policy: Some(policy.clone()) };
    vec![capture("oracle.pcap", &oracle::m()), capture("mixed.pcap", &mixed())]
}

/// A call over TCP, one over SCTP, one whose messages are fragments, one in IPv6, and oracle M, with a conversation under them.
pub fn mixed() -> Vec<Frame> {
    let call = |name: &str, at: f64| {
        let mut call = calls::Call::new(name);
        call.invite(at).answer(at + 1.0, 180).answer(at + 2.0, 200).ack(at + 2.1).bye(at + 9.0, true).bye_answer(at + 9.1, 200, true);
        call
    };
    let mut frames = oracle::m();
    frames.extend(tcp::connection(&tcp::said(&call("over-tcp", 1.03))).close(30.0).frames);
    frames.extend(sctp::over_sctp(&call("over-sctp", 2.55)));
    frames.extend(call("in-pieces", 3.01).frames.iter().zip(1..).flat_map(|(frame, n)| fragment::v4(frame, n, 200)));
    frames.extend(call("in-ipv6", 5.02).frames.iter().map(fragment::whole_v6));
    frames.extend(call("in-pieces-of-ipv6", 7.04).frames.iter().zip(1..).flat_map(|(frame, n)| fragment::v6(frame, n, 200)));
    frames.extend(media::talk(5.0, 20.0));
    frames.sort_by_key(|frame| frame.micros);
    frames
}

/// A frame to be written: microseconds since the epoch and its octets.
#[derive(Clone)]
pub struct Frame {
    pub micros: u64,
    pub octets: Vec<u8>,
}

/// When made captures begin: 2026-11-14T10:00:00Z, so that intervals and waivers have something to hold on to.
pub const EPOCH: u64 = 1_794_650_400_000_000;

/// A classic little-endian capture of Ethernet frames, in the order given.
pub fn pcap(frames: &[Frame]) -> Vec<u8> {
    pcap_of(1, frames)
}

/// The same of another link type.
pub fn pcap_of(link: u32, frames: &[Frame]) -> Vec<u8> {
    snapped(link, frames, usize::MAX)
}

/// The same of which at most `most` octets of a frame were captured.
pub fn snapped(link: u32, frames: &[Frame], most: usize) -> Vec<u8> {
    held(link, frames.iter().map(|frame| (frame, most)))
}

/// The same of which so many octets of each frame were captured.
pub fn held<'a>(link: u32, frames: impl Iterator<Item = (&'a Frame, usize)>) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 262_144, link] {
        out.extend(word.to_le_bytes());
    }
    for (frame, most) in frames {
        let length = u32::try_from(frame.octets.len()).unwrap();
        let (seconds, fraction) = (u32::try_from(frame.micros / 1_000_000).unwrap(), u32::try_from(frame.micros % 1_000_000).unwrap());
        let captured = &frame.octets[..frame.octets.len().min(most)];
        for word in [seconds, fraction, u32::try_from(captured.len()).unwrap(), length] {
            out.extend(word.to_le_bytes());
        }
        out.extend(captured);
    }
    out
}

/// A UDP datagram in Ethernet, `seconds` after [`EPOCH`].
pub fn udp(seconds: f64, source: (Ipv4Addr, u16), destination: (Ipv4Addr, u16), payload: &[u8]) -> Frame {
    let mut datagram = Vec::new();
    datagram.extend(source.1.to_be_bytes());
    datagram.extend(destination.1.to_be_bytes());
    datagram.extend(u16::try_from(payload.len() + 8).unwrap().to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    Frame { micros: micros(seconds), octets: ethernet(source.0, destination.0, 17, 0, 0, &datagram) }
}

pub fn micros(seconds: f64) -> u64 {
    EPOCH + (seconds * 1e6).round() as u64
}

/// An IPv4 packet in Ethernet; `fragment` is the field of flags and offset.
pub fn ethernet(source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, identification: u16, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    out.extend([0x45, 0]);
    out.extend(u16::try_from(payload.len() + 20).unwrap().to_be_bytes());
    out.extend(identification.to_be_bytes());
    out.extend(fragment.to_be_bytes());
    out.extend([64, protocol, 0, 0]);
    out.extend(source.octets());
    out.extend(destination.octets());
    let sum: u32 = out[14..34].chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let sum = !(((sum & 0xffff) + (sum >> 16)) as u16);
    out[24..26].copy_from_slice(&sum.to_be_bytes());
    out.extend(payload);
    out
}

/// Writes a capture into a folder.
pub fn write(folder: &Path, name: &str, frames: &[Frame]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, pcap(frames)).unwrap();
    path
}

/// Cuts a capture between records into files of about the same number of frames.
pub fn cut(capture: &Path, pieces: usize, folder: &Path) -> Vec<PathBuf> {
    let bytes = fs::read(capture).unwrap();
    let (prefix, records) = if bytes.starts_with(&0x0a0d_0d0au32.to_be_bytes()) { blocks(&bytes) } else { records(&bytes) };
    let share = records.len().div_ceil(pieces);
    let write = |(number, chunk): (usize, &[&[u8]])| {
        let path = folder.join(format!("part-{number}"));
        fs::write(&path, [prefix.as_slice(), &chunk.concat()].concat()).unwrap();
        path
    };
    let mut parts: Vec<PathBuf> = records.chunks(share).enumerate().map(write).collect();
    // Fewer frames than pieces: the rest are captures without frames.
    while parts.len() < pieces {
        parts.push(write((parts.len(), &[])));
    }
    parts
}

/// The header and the records of a classic little-endian capture.
fn records(bytes: &[u8]) -> (Vec<u8>, Vec<&[u8]>) {
    let (header, mut rest) = bytes.split_at(24);
    assert!(matches!(header[0], 0xd4 | 0x4d), "a little-endian capture is expected");
    let mut records = Vec::new();
    while rest.len() >= 16 {
        let length = u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        let (record, tail) = rest.split_at((16 + length).min(rest.len()));
        records.push(record);
        rest = tail;
    }
    (header.to_vec(), records)
}

/// The section, interface and secrets blocks and the packet blocks of a little-endian pcapng capture of one section.
fn blocks(bytes: &[u8]) -> (Vec<u8>, Vec<&[u8]>) {
    let (mut prefix, mut packets, mut rest) = (Vec::new(), Vec::new(), bytes);
    while rest.len() >= 12 {
        let kind = u32::from_le_bytes(rest[..4].try_into().unwrap());
        let length = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
        let (block, tail) = rest.split_at(length.min(rest.len()));
        match kind {
            // Sections, interfaces, and secrets, which any part may need.
            0x0a0d_0d0a | 1 | 10 => prefix.extend(block),
            2 | 3 | 6 => packets.push(block),
            _ => {}
        }
        rest = tail;
    }
    (prefix, packets)
}
