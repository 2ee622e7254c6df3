//! Takes the bytes where a record begins, gives where its packet lies with time and length, never believes a length beyond the bytes.

use std::ops::Range;

use super::{ByteOrder, Interface, LinkType, Run};
use crate::base::Time;

/// How the records of a run are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Classic records, with a header of 16 bytes, or of 24 in the modified format.
    Classic {
        /// The length of the header.
        header: usize,
    },
    /// pcapng blocks: packets, and blocks that hold none.
    Pcapng,
}

/// The header of a classic record.
pub(super) struct Header {
    pub(super) seconds: u32,
    pub(super) fraction: u32,
    pub(super) caplen: u32,
    pub(super) wire_len: u32,
}

impl Header {
    #[inline]
    pub(super) fn read(bytes: &[u8], order: ByteOrder) -> Option<Self> {
        let ([seconds, fraction, caplen, wire_len], _) = bytes.first_chunk::<16>()?.as_chunks::<4>() else { return None };
        Some(Self {
            seconds: order.u32(*seconds),
            fraction: order.u32(*fraction),
            caplen: order.u32(*caplen),
            wire_len: order.u32(*wire_len),
        })
    }
}

/// Block types of the pcapng format.
pub(super) mod block {
    pub(in super::super) const SECTION: u32 = 0x0a0d_0d0a;
    pub(in super::super) const INTERFACE: u32 = 1;
    pub(in super::super) const OBSOLETE_PACKET: u32 = 2;
    pub(in super::super) const SIMPLE_PACKET: u32 = 3;
    pub(in super::super) const STATISTICS: u32 = 5;
    pub(in super::super) const ENHANCED_PACKET: u32 = 6;
    pub(in super::super) const SECRETS: u32 = 10;
}

/// The type and length that begin a block.
#[inline]
pub(super) fn block_head(bytes: &[u8], order: ByteOrder) -> Option<(u32, u32)> {
    let ([kind, length], _) = bytes.first_chunk::<8>()?.as_chunks::<4>() else { return None };
    Some((order.u32(*kind), order.u32(*length)))
}

/// What a packet block says of its packet.
pub(super) struct PacketBlock {
    pub(super) interface: u32,
    /// Units since the epoch; simple packets have none.
    pub(super) ticks: Option<u64>,
    /// Where the packet begins in the block.
    pub(super) data: usize,
    /// Captured length; a simple packet's is still to be cut to the snapshot length.
    pub(super) caplen: u32,
    pub(super) wire_len: u32,
}

impl PacketBlock {
    /// Reads the packet block that fills `bytes`; `None` if it holds no packet, or is too short for its headers.
    #[inline]
    pub(super) fn read(kind: u32, bytes: &[u8], order: ByteOrder) -> Option<Self> {
        if kind == block::SIMPLE_PACKET {
            let ([_, _, wire_len, ..], _) = bytes.as_chunks::<4>() else { return None };
            let (wire_len, room) = (order.u32(*wire_len), u32::try_from(bytes.len().checked_sub(16)?).unwrap_or(u32::MAX));
            return Some(Self { interface: 0, ticks: None, data: 12, caplen: wire_len.min(room), wire_len });
        }
        if kind != block::ENHANCED_PACKET && kind != block::OBSOLETE_PACKET {
            return None;
        }
        let ([_, _, interface, high, low, caplen, wire_len, _trailer, ..], _) = bytes.as_chunks::<4>() else { return None };
        let interface = if kind == block::ENHANCED_PACKET {
            order.u32(*interface)
        } else {
            let [a, b, ..] = *interface;
            u32::from(order.u16([a, b]))
        };
        let ticks = u64::from(order.u32(*high)) << 32 | u64::from(order.u32(*low));
        Some(Self { interface, ticks: Some(ticks), data: 28, caplen: order.u32(*caplen), wire_len: order.u32(*wire_len) })
    }

    /// How much of the packet was captured, the snapshot length considered where the block does not say it.
    #[inline]
    pub(super) fn captured(&self, interface: &Interface) -> usize {
        let limit = if self.ticks.is_none() && interface.snaplen > 0 { interface.snaplen } else { u32::MAX };
        self.caplen.min(limit) as usize
    }
}

/// One record that holds a packet.
#[derive(Debug)]
pub(super) struct Record {
    /// From its header to where the next record begins.
    pub(super) whole: Range<usize>,
    /// Its packet.
    pub(super) data: Range<usize>,
    pub(super) time: Option<Time>,
    pub(super) link: LinkType,
    pub(super) wire_len: u32,
}

impl Record {
    /// The first record of `run` at or after `at`, a place where a record or block of the run begins.
    #[inline]
    pub(super) fn next(bytes: &[u8], run: &Run, at: usize) -> Option<Self> {
        match run.layout {
            Layout::Classic { header } => Self::classic(bytes, run, at, header),
            Layout::Pcapng => Self::pcapng(bytes, run, at),
        }
    }

    #[inline]
    fn classic(bytes: &[u8], run: &Run, at: usize, header: usize) -> Option<Self> {
        let interface = run.interfaces.first()?;
        let head = Header::read(bytes.get(at..run.bytes.end)?, run.order)?;
        let data = at + header..at + header + head.caplen as usize;
        let time = Some(interface.time_of(head.seconds, head.fraction));
        Some(Self { whole: at..data.end, data, time, link: interface.link, wire_len: head.wire_len })
    }

    #[inline]
    fn pcapng(bytes: &[u8], run: &Run, mut at: usize) -> Option<Self> {
        loop {
            let rest = bytes.get(at..run.bytes.end)?;
            let (kind, length) = block_head(rest, run.order)?;
            // No block is shorter than its frame: an untrue length cannot make this loop stand still.
            let end = at + (length as usize).max(12);
            if let Some(packet) = PacketBlock::read(kind, bytes.get(at..end)?, run.order) {
                let interface = run.interfaces.get(packet.interface as usize)?;
                let data = at + packet.data..at + packet.data + packet.captured(interface);
                let time = packet.ticks.map(|ticks| interface.time(ticks));
                return Some(Self { whole: at..end, data, time, link: interface.link, wire_len: packet.wire_len });
            }
            at = end;
        }
    }
}
