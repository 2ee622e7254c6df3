//! Takes the bytes of a classic libpcap file, gives its whole records and where they make no sense, never a packet's content.

use std::sync::Arc;

use super::clocks::Clocks;
use super::record::Header;
use super::walk::{Chain, MAX_PACKET, MAX_RECORD, Open, Search, Stop, Walked, search};
use super::{ByteOrder, Interface, Layout, LinkType};
use crate::base::{Time, seconds};

/// The length of the file header.
const FILE_HEADER: usize = 24;
/// So many headers in a row are no accident.
const CHAIN: usize = 4;

/// A classic capture whose file header was read.
#[derive(Debug)]
pub(super) struct Classic {
    order: ByteOrder,
    header: usize,
    limit: u32,
    interfaces: Arc<[Interface]>,
}

/// Byte order, units per second and record header of a magic number.
fn magic(bytes: &[u8]) -> Option<(ByteOrder, u64, usize)> {
    let magic = *bytes.first_chunk::<4>()?;
    [ByteOrder::Little, ByteOrder::Big].into_iter().find_map(|order| match order.u32(magic) {
        0xa1b2_c3d4 => Some((order, 1_000_000, 16)),
        0xa1b2_3c4d => Some((order, 1_000_000_000, 16)),
        // The format of Alexey Kuznetsov's patched libpcap.
        0xa1b2_cd34 => Some((order, 1_000_000, 24)),
        _ => None,
    })
}

/// Whether a file that begins so is a classic capture.
pub(super) fn is_classic(bytes: &[u8]) -> bool {
    magic(bytes).is_some()
}

impl Classic {
    /// Reads the file header; gives where the records begin too. `None` if it is none, or cut.
    pub(super) fn open(bytes: &[u8]) -> Option<(Self, usize)> {
        let (order, units, header) = magic(bytes)?;
        let ([_, _, _, _, snaplen, link], _) = bytes.first_chunk::<FILE_HEADER>()?.as_chunks::<4>() else { return None };
        let snaplen = order.u32(*snaplen);
        // The upper half says whether and how long a frame check sequence is.
        let link = LinkType((order.u32(*link) & 0xffff) as u16);
        let most = MAX_RECORD as u32 - 24;
        let limit = if snaplen == 0 { most } else { snaplen.clamp(MAX_PACKET, most) };
        Some((Self { order, header, limit, interfaces: Arc::new([Interface::new(link, snaplen, units, 0)]) }, FILE_HEADER))
    }

    pub(super) fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Walks over whole records from `at` on.
    pub(super) fn walk(&self, bytes: &[u8], mut at: usize, walked: &mut Walked, clocks: &mut Clocks) -> Stop {
        let Some(interface) = self.interfaces.first() else { return Stop::Short { at, need: 0 } };
        let mut open = Open::at(at);
        let stop = loop {
            let Some(head) = bytes.get(at..).and_then(|rest| Header::read(rest, self.order)) else {
                break Stop::Short { at, need: self.header };
            };
            if head.caplen > self.limit {
                let what = format!("a record claims {} captured bytes, more than the {} that can be", head.caplen, self.limit);
                break Stop::Damage { at, what, resume: None };
            }
            if head.caplen == 0 && head.wire_len == 0 && head.seconds == 0 && head.fraction == 0 {
                break Stop::Damage { at, what: "zeros where a record should begin".to_owned(), resume: None };
            }
            let next = at + self.header + head.caplen as usize;
            if next > bytes.len() {
                break Stop::Short { at, need: next - at };
            }
            let time = interface.time_of(head.seconds, head.fraction);
            clocks.tick(0, time, walked.frames.saturating_add(open.frames));
            open.add(Some(time));
            at = next;
        };
        walked.close(&open, at, self.order, Layout::Classic { header: self.header }, &self.interfaces);
        stop
    }

    /// Searches for records from `from` on; `near` is the last time that was believed, `ended` whether no bytes follow.
    pub(super) fn search(&self, bytes: &[u8], from: usize, near: Option<Time>, ended: bool) -> Search {
        search(bytes, from, |at| self.chain(bytes, at, near, ended))
    }

    /// Whether four plausible headers follow one another from `at` on, or fewer that end exactly with the file.
    fn chain(&self, bytes: &[u8], mut at: usize, mut near: Option<Time>, ended: bool) -> Chain {
        let Some(interface) = self.interfaces.first() else { return Chain::Broken };
        for seen in 0..CHAIN {
            if ended && seen > 0 && at == bytes.len() {
                return Chain::Plausible;
            }
            let Some(head) = bytes.get(at..).and_then(|rest| Header::read(rest, self.order)) else {
                return if ended { Chain::Broken } else { Chain::Open };
            };
            let time = interface.time_of(head.seconds, head.fraction);
            let plausible = head.caplen <= MAX_PACKET
                && (head.caplen..=MAX_PACKET).contains(&head.wire_len)
                && head.wire_len > 0
                && u64::from(head.fraction) < interface.units()
                && near.is_none_or(|near| time.since(near).abs() <= seconds(86_400));
            if !plausible {
                return Chain::Broken;
            }
            near = Some(time);
            at += self.header + head.caplen as usize;
        }
        Chain::Plausible
    }
}
