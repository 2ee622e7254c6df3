//! Takes the bytes of a pcapng file, gives its whole blocks and where they make no sense, never a packet's content.

use super::record::{PacketBlock, block, block_head};
use super::section::Section;
use super::walk::{Chain, MAX_RECORD, Open, Search, Stop, Walked, search};
use super::{ByteOrder, Interface, Layout, LinkType, Secrets};
use crate::base::Time;

/// Type, length and the length again.
const FRAME: usize = 12;
/// The longest block that a search believes: the longest packet with plenty of options.
const MAX_FOUND: u32 = 512 << 10;
/// Decryption secrets are kept up to this size: a key log of some hundred thousand connections.
const MAX_SECRETS: usize = 64 << 20;

/// A pcapng capture.
#[derive(Debug)]
pub(super) struct Pcapng {
    section: Section,
    /// Every interface of every section, as far as they differ in link type.
    pub(super) links: Vec<LinkType>,
    pub(super) secrets: Vec<Secrets>,
    secrets_size: usize,
    /// Lost packets of the sections that ended.
    dropped: u64,
}

/// The byte order that a section header block states, if it is one.
fn section_order(bytes: &[u8]) -> Option<ByteOrder> {
    let ([kind, _, magic], _) = bytes.first_chunk::<12>()?.as_chunks::<4>() else { return None };
    let order = [ByteOrder::Little, ByteOrder::Big].into_iter().find(|order| order.u32(*magic) == 0x1a2b_3c4d)?;
    (order.u32(*kind) == block::SECTION).then_some(order)
}

/// Whether a file that begins so is a pcapng capture.
pub(super) fn is_pcapng(bytes: &[u8]) -> bool {
    section_order(bytes).is_some()
}

impl Pcapng {
    /// A capture before its first block; `None` if no section begins here.
    pub(super) fn open(bytes: &[u8]) -> Option<Self> {
        let section = Section::new(section_order(bytes)?);
        Some(Self { section, links: Vec::new(), secrets: Vec::new(), secrets_size: 0, dropped: 0 })
    }

    /// Packets that the capturing program lost.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.saturating_add(self.section.dropped())
    }

    /// Walks over whole blocks from `at` on.
    pub(super) fn walk(&mut self, bytes: &[u8], mut at: usize, walked: &mut Walked) -> Stop {
        let mut open = Open::at(at);
        let stop = loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some((kind, _)) = block_head(rest, self.section.order) else { break Stop::Short { at, need: FRAME } };
            if kind == block::SECTION {
                if rest.len() < FRAME {
                    break Stop::Short { at, need: FRAME };
                }
                let Some(order) = section_order(rest) else {
                    break Stop::Damage { at, what: "a section header without its byte order".to_owned(), resume: None };
                };
                self.close(walked, &open, at);
                open = Open::at(at);
                match whole(rest, order) {
                    Whole::Yes(end) => {
                        self.dropped = self.dropped();
                        self.section = Section::new(order);
                        at += end;
                        open = Open::at(at);
                        continue;
                    }
                    other => break other.stop(at),
                }
            }
            let end = match whole(rest, self.section.order) {
                Whole::Yes(end) => end,
                other => break other.stop(at),
            };
            let block = rest.get(..end).unwrap_or_default();
            let trouble = match kind {
                block::ENHANCED_PACKET | block::SIMPLE_PACKET | block::OBSOLETE_PACKET => {
                    self.packet(kind, block).map(|time| open.add(time)).err()
                }
                block::INTERFACE | block::STATISTICS | block::SECRETS => {
                    self.describe(kind, block, walked.frames.saturating_add(open.frames)).err()
                }
                _ => None,
            };
            if let Some(what) = trouble {
                break Stop::Damage { at, what, resume: Some(at + end) };
            }
            at += end;
        };
        let (Stop::Short { at, .. } | Stop::Damage { at, .. }) = &stop;
        self.close(walked, &open, *at);
        stop
    }

    fn close(&mut self, walked: &mut Walked, open: &Open, end: usize) {
        if open.frames > 0 {
            walked.close(open, end, self.section.order, Layout::Pcapng, &self.section.shared());
        }
    }

    /// The time of the packet in a block, if the block can be believed.
    #[inline]
    fn packet(&self, kind: u32, block: &[u8]) -> Result<Option<Time>, String> {
        let Some(packet) = PacketBlock::read(kind, block, self.section.order) else {
            return Err(format!("a packet block of {} bytes, too short for its headers", block.len()));
        };
        let Some(interface) = self.section.interfaces.get(packet.interface as usize) else {
            return Err(format!("a packet of interface {}, which no block describes", packet.interface));
        };
        if packet.data + packet.captured(interface) + 4 > block.len() {
            return Err(format!("a packet block of {} bytes claims {} captured bytes", block.len(), packet.caplen));
        }
        Ok(packet.ticks.map(|ticks| interface.time(ticks)))
    }

    /// Takes what a block without packet tells.
    fn describe(&mut self, kind: u32, block: &[u8], frames: u32) -> Result<(), String> {
        match kind {
            block::INTERFACE => {
                self.section.describe(block)?;
                if let Some(Interface { link, .. }) = self.section.interfaces.last()
                    && !self.links.contains(link)
                {
                    self.links.push(*link);
                }
                Ok(())
            }
            block::STATISTICS => self.section.count_drops(block),
            _ => {
                let secrets = self.section.secrets(block, frames)?;
                self.secrets_size += secrets.data.len();
                if self.secrets_size > MAX_SECRETS {
                    return Err(format!("more than {MAX_SECRETS} bytes of decryption secrets; these are left out"));
                }
                self.secrets.push(secrets);
                Ok(())
            }
        }
    }

    /// Searches for blocks from `from` on; `ended` is whether no bytes follow.
    pub(super) fn search(&self, bytes: &[u8], from: usize, ended: bool) -> Search {
        search(bytes, from, |at| self.chain(bytes, at, ended))
    }

    /// Whether two blocks of known type, their lengths equal at both ends, follow one another from `at` on, or one that ends with the file.
    /// Blocks are looked for at every byte, not every fourth: what was lost need not be a multiple of four long.
    fn chain(&self, bytes: &[u8], at: usize, ended: bool) -> Chain {
        let (first, end) = plausible(bytes, at, self.section.order, ended);
        if first != Chain::Plausible || (ended && end == bytes.len()) {
            return first;
        }
        let order = bytes.get(at..).and_then(section_order).unwrap_or(self.section.order);
        plausible(bytes, end, order, ended).0
    }
}

/// Whether the block at the begin of `rest` is all there, and where it ends.
enum Whole {
    Yes(usize),
    No(usize),
    Never(String),
}

impl Whole {
    fn stop(self, at: usize) -> Stop {
        match self {
            Self::Yes(need) | Self::No(need) => Stop::Short { at, need },
            Self::Never(what) => Stop::Damage { at, what, resume: None },
        }
    }
}

#[inline]
fn whole(rest: &[u8], order: ByteOrder) -> Whole {
    let Some((_, length)) = block_head(rest, order) else { return Whole::No(FRAME) };
    let end = length as usize;
    if end < FRAME || !end.is_multiple_of(4) || end > MAX_RECORD {
        return Whole::Never(format!("a block claims a length of {length}"));
    }
    if end > rest.len() {
        return Whole::No(end);
    }
    match trailer(rest, end, order) {
        Some(trailer) if trailer == length => Whole::Yes(end),
        trailer => Whole::Never(format!("a block of length {length} ends with the length {}", trailer.unwrap_or_default())),
    }
}

/// The length that stands again at the end of a block.
#[inline]
fn trailer(rest: &[u8], end: usize, order: ByteOrder) -> Option<u32> {
    rest.get(..end)?.last_chunk::<4>().map(|bytes| order.u32(*bytes))
}

/// Whether a block of known type begins at `at`, and where it ends.
fn plausible(bytes: &[u8], at: usize, order: ByteOrder, ended: bool) -> (Chain, usize) {
    let beyond = if ended { Chain::Broken } else { Chain::Open };
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.len() < FRAME {
        return (beyond, at);
    }
    let order = section_order(rest).unwrap_or(order);
    let Some((kind, length)) = block_head(rest, order) else { return (beyond, at) };
    // Custom blocks, and what the registry of the format lists below 0x10.
    let known = matches!(kind, 1..=0x0f | 0xbad | 0x4000_0bad) || section_order(rest).is_some();
    if !known || !(FRAME as u32..=MAX_FOUND).contains(&length) || length % 4 != 0 {
        return (Chain::Broken, at);
    }
    let end = length as usize;
    match trailer(rest, end, order) {
        Some(trailer) if trailer == length => (Chain::Plausible, at + end),
        Some(_) => (Chain::Broken, at),
        None => (beyond, at),
    }
}
