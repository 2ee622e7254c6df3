//! Takes a HEP packet, gives it with the addresses and the message in it replaced, never one whose message is packed.

use super::Disguise;
use super::message::blank;
use crate::transport::looks_like_sip;

/// Magic and total length; vendor, type and length of a chunk.
const HEADER: usize = 6;

/// Why a packet cannot be rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed;

impl Disguise {
    /// Rewrites a packet of any version.
    pub(super) fn hep(&mut self, packet: &mut [u8]) -> Result<(), Packed> {
        if packet.starts_with(b"HEP3") { self.relayed(packet.get_mut(HEADER..).unwrap_or_default()) } else { self.old(packet) }
    }

    fn relayed(&mut self, mut rest: &mut [u8]) -> Result<(), Packed> {
        while let Some(&[v, w, a, b, c, d]) = rest.first_chunk() {
            let length = usize::from(u16::from_be_bytes([c, d])).clamp(HEADER, rest.len());
            let (chunk, behind) = std::mem::take(&mut rest).split_at_mut(length);
            let value = chunk.get_mut(HEADER..).unwrap_or_default();
            match ([v, w], u16::from_be_bytes([a, b])) {
                ([0, 0], 0x03..=0x06) => self.ip_octets(value),
                ([0, 0], 0x0f) if looks_like_sip(value) => self.message(value),
                ([0, 0], 0x10) => return Err(Packed),
                ([0, 0], 0x11) => self.opaque(value),
                // Family, protocol, ports, times, the kind of message, the agent's number, a VLAN.
                ([0, 0], 0x01 | 0x02 | 0x07..=0x0d | 0x12) => {}
                _ => blank(value),
            }
            rest = behind;
        }
        Ok(())
    }

    /// Versions 1 and 2: a head of eight octets, two addresses, in version 2 ten or twelve more.
    fn old(&mut self, packet: &mut [u8]) -> Result<(), Packed> {
        let width = if packet.get(2) == Some(&2) { 4 } else { 16 };
        let Some((_, behind)) = packet.split_at_mut_checked(8) else { return Ok(()) };
        let Some((addresses, behind)) = behind.split_at_mut_checked(2 * width) else { return Ok(()) };
        addresses.chunks_mut(width).for_each(|address| self.ip_octets(address));
        let begin = [0, 10, 12].into_iter().find(|&at| behind.get(at..).is_some_and(looks_like_sip)).unwrap_or(0);
        behind.get_mut(begin..).into_iter().for_each(|message| self.message(message));
        Ok(())
    }
}
