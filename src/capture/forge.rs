//! Takes records, gives the bytes of captures that hold them, never anything a real program would refuse unless asked to.

use super::ByteOrder;

/// A classic capture under construction.
pub(super) struct Pcap {
    order: ByteOrder,
    modified: bool,
    pub(super) bytes: Vec<u8>,
}

fn put32(order: ByteOrder, value: u32) -> [u8; 4] {
    if order == ByteOrder::Little { value.to_le_bytes() } else { value.to_be_bytes() }
}

fn put16(order: ByteOrder, value: u16) -> [u8; 2] {
    if order == ByteOrder::Little { value.to_le_bytes() } else { value.to_be_bytes() }
}

impl Pcap {
    pub(super) fn new(magic: u32, order: ByteOrder, snaplen: u32, link: u32) -> Self {
        let mut bytes = Vec::new();
        for word in [magic, 0, 0, 0, snaplen, link] {
            bytes.extend(put32(order, word));
        }
        bytes.splice(4..8, [put16(order, 2), put16(order, 4)].concat());
        Self { order, modified: magic == 0xa1b2_cd34, bytes }
    }

    /// Little-endian microseconds of Ethernet.
    pub(super) fn plain() -> Self {
        Self::new(0xa1b2_c3d4, ByteOrder::Little, 65_535, 1)
    }

    pub(super) fn record(mut self, seconds: u32, fraction: u32, data: &[u8]) -> Self {
        self.add(seconds, fraction, data);
        self
    }

    pub(super) fn add(&mut self, seconds: u32, fraction: u32, data: &[u8]) {
        let length = data.len() as u32;
        for word in [seconds, fraction, length, length] {
            self.bytes.extend(put32(self.order, word));
        }
        if self.modified {
            self.bytes.extend([0; 8]);
        }
        self.bytes.extend(data);
    }
}

/// A pcapng capture under construction.
pub(super) struct Pcapng {
    order: ByteOrder,
    pub(super) bytes: Vec<u8>,
}

impl Pcapng {
    pub(super) fn new(order: ByteOrder) -> Self {
        Self { order, bytes: Vec::new() }.section(order)
    }

    pub(super) fn section(mut self, order: ByteOrder) -> Self {
        self.order = order;
        let body = [&put32(order, 0x1a2b_3c4d)[..], &put16(order, 1), &put16(order, 0), &[0xff; 8]].concat();
        self.block(0x0a0d_0d0a, &body)
    }

    pub(super) fn block(mut self, kind: u32, body: &[u8]) -> Self {
        let padding = body.len().next_multiple_of(4) - body.len();
        let length = put32(self.order, (body.len() + padding + 12) as u32);
        self.bytes.extend(put32(self.order, kind));
        self.bytes.extend(length);
        self.bytes.extend(body);
        self.bytes.extend(vec![0; padding]);
        self.bytes.extend(length);
        self
    }

    pub(super) fn option(&self, code: u16, value: &[u8]) -> Vec<u8> {
        let padding = value.len().next_multiple_of(4) - value.len();
        [&put16(self.order, code)[..], &put16(self.order, value.len() as u16), value, &vec![0; padding]].concat()
    }

    pub(super) fn interface(self, link: u16, snaplen: u32, options: &[u8]) -> Self {
        let body = [&put16(self.order, link)[..], &[0, 0], &put32(self.order, snaplen), options].concat();
        self.block(1, &body)
    }

    pub(super) fn words(&self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| put32(self.order, *word)).collect()
    }

    pub(super) fn packet(self, interface: u32, ticks: u64, data: &[u8]) -> Self {
        let length = data.len() as u32;
        let head = self.words(&[interface, (ticks >> 32) as u32, ticks as u32, length, length]);
        self.block(6, &[&head[..], data].concat())
    }
}
