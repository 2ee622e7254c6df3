//! Takes frames with their interfaces, gives a pcapng file of them, never reads one.

use std::io::{self, Write};

use crate::capture::{Interface, LinkType};

/// Block types and option codes of the pcapng format (draft-ietf-opsawg-pcapng).
mod code {
    pub(super) const SECTION: u32 = 0x0a0d_0d0a;
    pub(super) const INTERFACE: u32 = 1;
    pub(super) const ENHANCED_PACKET: u32 = 6;
    pub(super) const SECRETS: u32 = 10;
    pub(super) const COMMENT: u16 = 1;
    pub(super) const SHB_USERAPPL: u16 = 4;
    pub(super) const IF_DESCRIPTION: u16 = 3;
    pub(super) const IF_TSRESOL: u16 = 9;
    pub(super) const IF_TSOFFSET: u16 = 14;
    pub(super) const EPB_FLAGS: u16 = 2;
}

/// One packet, as it is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct PacketRecord<'a> {
    /// As [`PcapngWriter::interface`] gave it.
    pub(super) interface: u32,
    /// Units of the interface since the epoch.
    pub(super) ticks: u64,
    /// What is kept of it.
    pub(super) data: &'a [u8],
    /// Its length on the wire.
    pub(super) wire_len: u32,
    pub(super) flags: Option<u32>,
    pub(super) comments: &'a [String],
}

/// A pcapng section being written, little-endian.
pub(super) struct PcapngWriter<W> {
    out: W,
    interfaces: u32,
}

/// Options under construction.
#[derive(Default)]
struct Options(Vec<u8>);

impl Options {
    /// Adds an option; what no option can hold is cut.
    fn with(mut self, code: u16, value: &[u8]) -> Self {
        let value = value.get(..usize::from(u16::MAX)).unwrap_or(value);
        self.0.extend(code.to_le_bytes());
        self.0.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    fn end(self) -> Vec<u8> {
        if self.0.is_empty() { self.0 } else { self.with(0, &[]).0 }
    }
}

impl<W: Write> PcapngWriter<W> {
    /// Begins a section that says who wrote it, and why.
    pub(super) fn begin(out: W, program: &str, comment: &str) -> io::Result<Self> {
        let mut writer = Self { out, interfaces: 0 };
        let options = Options::default().with(code::COMMENT, comment.as_bytes()).with(code::SHB_USERAPPL, program.as_bytes()).end();
        let head = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &1_u16.to_le_bytes(), &0_u16.to_le_bytes(), &[0xff; 8]].concat();
        writer.block(code::SECTION, &[&head, &options])?;
        Ok(writer)
    }

    /// Describes an interface; gives its number.
    pub(super) fn interface(&mut self, interface: &Interface, description: &str) -> io::Result<u32> {
        let LinkType(link) = interface.link;
        let mut options = Options::default().with(code::IF_DESCRIPTION, description.as_bytes());
        // Without an option that says it, a unit is a microsecond; units that none can say come as nanoseconds.
        options = options.with(code::IF_TSRESOL, &[interface.resolution().unwrap_or(9)]);
        if interface.offset() != 0 {
            options = options.with(code::IF_TSOFFSET, &interface.offset().to_le_bytes());
        }
        let head = [&link.to_le_bytes()[..], &[0, 0], &interface.snaplen.to_le_bytes()].concat();
        self.block(code::INTERFACE, &[&head, &options.end()])?;
        self.interfaces += 1;
        Ok(self.interfaces - 1)
    }

    /// Writes decryption secrets, before the packets that they open.
    pub(super) fn secrets(&mut self, kind: u32, data: &[u8]) -> io::Result<()> {
        let length = u32::try_from(data.len()).map_err(io::Error::other)?;
        self.block(code::SECRETS, &[&kind.to_le_bytes(), &length.to_le_bytes(), data])
    }

    /// Writes a packet.
    pub(super) fn packet(&mut self, packet: &PacketRecord<'_>) -> io::Result<()> {
        let length = u32::try_from(packet.data.len()).map_err(io::Error::other)?;
        let (high, low) = (packet.ticks >> 32, packet.ticks & 0xffff_ffff);
        let mut head = Vec::with_capacity(20);
        for word in [u64::from(packet.interface), high, low, u64::from(length), u64::from(packet.wire_len.max(length))] {
            head.extend(u32::try_from(word).unwrap_or(u32::MAX).to_le_bytes());
        }
        let mut options = Options::default();
        for comment in packet.comments {
            options = options.with(code::COMMENT, comment.as_bytes());
        }
        if let Some(flags) = packet.flags {
            options = options.with(code::EPB_FLAGS, &flags.to_le_bytes());
        }
        let padding = packet.data.len().next_multiple_of(4) - packet.data.len();
        self.block(code::ENHANCED_PACKET, &[&head, packet.data, [0; 3].get(..padding).unwrap_or_default(), &options.end()])
    }

    /// Ends the file.
    pub(super) fn end(mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn block(&mut self, kind: u32, parts: &[&[u8]]) -> io::Result<()> {
        let body: usize = parts.iter().map(|part| part.len()).sum();
        let padding = body.next_multiple_of(4) - body;
        let length = u32::try_from(body + padding + 12).map_err(io::Error::other)?.to_le_bytes();
        self.out.write_all(&kind.to_le_bytes())?;
        self.out.write_all(&length)?;
        parts.iter().try_for_each(|part| self.out.write_all(part))?;
        self.out.write_all([0; 3].get(..padding).unwrap_or_default())?;
        self.out.write_all(&length)
    }
}

#[cfg(test)]
mod tests {
    use pcap_parser::pcapng::{Block, parse_block_le};

    use super::*;

    /// The blocks, as another parser reads them.
    fn blocks(mut bytes: &[u8]) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        while !bytes.is_empty() {
            let (rest, block) = parse_block_le(bytes).unwrap();
            blocks.push(block);
            bytes = rest;
        }
        blocks
    }

    #[test]
    fn another_parser_reads_what_is_written() {
        let mut bytes = Vec::new();
        let mut writer = PcapngWriter::begin(&mut bytes, "speerlint", "why").unwrap();
        writer.secrets(0x544c_534b, b"CLIENT_RANDOM x y").unwrap();
        let number = writer.interface(&Interface::new(LinkType(113), 96, 1_000_000_000, -5), "a.pcap").unwrap();
        let comments = ["one".to_owned(), "zwei ä".to_owned()];
        let ticks = 1_794_651_245_113_203_007;
        writer
            .packet(&PacketRecord { interface: number, ticks, data: b"abcde", wire_len: 9, flags: Some(2), comments: &comments })
            .unwrap();
        writer.end().unwrap();
        let blocks = blocks(&bytes);
        let [
            Block::SectionHeader(_),
            Block::DecryptionSecrets(secrets),
            Block::InterfaceDescription(interface),
            Block::EnhancedPacket(packet),
        ] = blocks.as_slice()
        else {
            panic!("{blocks:?}")
        };
        assert_eq!(secrets.data.get(..secrets.secrets_len as usize), Some(&b"CLIENT_RANDOM x y"[..]));
        assert_eq!((interface.linktype.0, interface.snaplen, interface.if_tsresol), (113, 96, 9));
        assert_eq!((u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low), packet.caplen, packet.origlen), (ticks, 5, 9));
        assert_eq!(packet.data.get(..5), Some(&b"abcde"[..]));
        let read: Vec<_> =
            packet.options.iter().filter(|o| o.code.0 == 1).map(|o| String::from_utf8_lossy(&o.value).into_owned()).collect();
        assert_eq!(read.iter().map(|c| c.trim_end_matches('\0')).collect::<Vec<_>>(), ["one", "zwei ä"]);
    }
}
