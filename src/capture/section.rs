//! Takes the blocks that describe a pcapng section, gives its interfaces with losses and secrets, never a packet.

use std::sync::Arc;

use pcap_parser::pcapng::{Block, parse_block_be, parse_block_le};
use pcap_parser::{OptionCode, PcapNGOption};

use super::interface::units_per_second;
use super::{ByteOrder, Interface, LinkType, Secrets};

/// More interfaces in one section are no capture but an attack on memory.
const MAX_INTERFACES: usize = 65_536;

/// What holds from one section header to the next.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) order: ByteOrder,
    pub(super) interfaces: Vec<Interface>,
    /// The same, as runs share them; made anew when one was added.
    shared: Arc<[Interface]>,
    /// Packets lost, by interface: the latest statistics count from the start of the capture.
    dropped: Vec<u64>,
}

impl Section {
    pub(super) fn new(order: ByteOrder) -> Self {
        Self { order, interfaces: Vec::new(), shared: Arc::default(), dropped: Vec::new() }
    }

    /// The interfaces, to share.
    pub(super) fn shared(&mut self) -> Arc<[Interface]> {
        if self.shared.len() != self.interfaces.len() {
            self.shared = self.interfaces.as_slice().into();
        }
        Arc::clone(&self.shared)
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    fn parse<'a>(&self, block: &'a [u8]) -> Result<Block<'a>, String> {
        let parsed = match self.order {
            ByteOrder::Little => parse_block_le(block),
            ByteOrder::Big => parse_block_be(block),
        };
        parsed.map(|(_, block)| block).map_err(|_| "a block whose fields or options cannot be read".to_owned())
    }

    /// Takes an interface description block. One that cannot be read still counts, so that later packets name the right interface.
    pub(super) fn describe(&mut self, block: &[u8]) -> Result<(), String> {
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(format!("more than {MAX_INTERFACES} interfaces in a section"));
        }
        match self.parse(block) {
            Ok(Block::InterfaceDescription(idb)) => {
                let link = LinkType((idb.linktype.0 & 0xffff) as u16);
                // The options themselves: pcap-parser refuses binary resolutions, and reads offsets as little-endian always.
                let units =
                    value(&idb.options, OptionCode::IfTsresol).map_or(1_000_000, |[resolution]: [u8; 1]| units_per_second(resolution));
                let offset = value(&idb.options, OptionCode::IfTsoffset).map_or(0, |offset| self.order.u64(offset).cast_signed());
                self.interfaces.push(Interface::new(link, idb.snaplen, units, offset));
                Ok(())
            }
            other => {
                self.interfaces.push(Interface::new(LinkType(u16::MAX), 0, 1_000_000, 0));
                other.and(Err("an interface description that cannot be read".to_owned()))
            }
        }
    }

    /// Takes an interface statistics block.
    pub(super) fn count_drops(&mut self, block: &[u8]) -> Result<(), String> {
        let Block::InterfaceStatistics(isb) = self.parse(block)? else { return Ok(()) };
        let id = isb.if_id as usize;
        if id >= self.interfaces.len() {
            return Err(format!("statistics of interface {id}, which no block describes"));
        }
        let count = |code| value(&isb.options, code).map_or(0, |n| self.order.u64(n));
        let lost = count(OptionCode::IsbIfDrop).saturating_add(count(OptionCode::IsbOsDrop));
        self.dropped.resize(self.interfaces.len(), 0);
        if let Some(dropped) = self.dropped.get_mut(id) {
            *dropped = lost;
        }
        Ok(())
    }

    /// The secrets of a decryption secrets block.
    pub(super) fn secrets(&self, block: &[u8], after_frame: u32) -> Result<Secrets, String> {
        let Block::DecryptionSecrets(dsb) = self.parse(block)? else { return Err("a secrets block that cannot be read".to_owned()) };
        let data = dsb.data.get(..dsb.secrets_len as usize).unwrap_or(dsb.data);
        Ok(Secrets { kind: dsb.secrets_type.0, data: data.to_vec(), after_frame })
    }
}

/// The value of an option that is just `N` bytes long.
fn value<const N: usize>(options: &[PcapNGOption<'_>], code: OptionCode) -> Option<[u8; N]> {
    options.iter().find(|option| option.code == code).and_then(|option| option.as_bytes().ok()?.try_into().ok())
}
