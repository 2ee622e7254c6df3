//! Takes packets whose octets were changed, gives them with checksums that are right, never touches one that was left out.

use std::net::IpAddr;

use etherparse::checksum::Sum16BitWords;

/// IP protocol numbers.
const TCP: u8 = 6;
const UDP: u8 = 17;
const SCTP: u8 = 132;

/// Sets the checksums of the packet whose IP header begins at `head`: the header's own and that of UDP, TCP or SCTP. What the capture cut short
/// cannot be summed: UDP says that it has none (RFC 768).
pub(super) fn repair(data: &mut [u8], head: usize) {
    let Some(packet) = data.get_mut(head..) else { return };
    let Some((header, protocol, announced)) = (match packet.first().map(|b| b >> 4) {
        Some(4) => v4(packet),
        Some(6) => v6(packet),
        _ => None,
    }) else {
        return;
    };
    let Some((source, destination)) = addresses(packet) else { return };
    let end = if announced < header { packet.len() } else { announced };
    let cut = end > packet.len();
    let end = end.min(packet.len());
    let Some(payload) = packet.get_mut(header..end) else { return };
    match protocol {
        UDP if cut => payload.get_mut(6..8).into_iter().for_each(|sum| sum.fill(0)),
        UDP => udp(source, destination, payload),
        TCP if !cut => tcp(source, destination, payload),
        SCTP if !cut => sctp(payload),
        _ => {}
    }
}

/// Length of the header, protocol, total length; sets the checksum of the header. The protocol of a fragment is none that could be summed.
fn v4(packet: &mut [u8]) -> Option<(usize, u8, usize)> {
    let length = usize::from(packet.first()? & 0x0f) * 4;
    let header = packet.get_mut(..length).filter(|header| header.len() >= 20)?;
    header.get_mut(10..12)?.fill(0);
    let sum = Sum16BitWords::new().add_slice(header).ones_complement().to_ne_bytes();
    header.get_mut(10..12)?.copy_from_slice(&sum);
    let [a, b] = *header.get(2..4)?.first_chunk()?;
    let fragment = u16::from_be_bytes(*header.get(6..8)?.first_chunk()?) & 0x3fff != 0;
    Some((length, if fragment { 0 } else { *header.get(9)? }, usize::from(u16::from_be_bytes([a, b]))))
}

/// The same behind the extension headers that may stand before a transport (RFC 8200 §4.1).
fn v6(packet: &[u8]) -> Option<(usize, u8, usize)> {
    let (mut at, mut next) = (40, *packet.get(6)?);
    let payload = usize::from(u16::from_be_bytes(*packet.get(4..6)?.first_chunk()?));
    while matches!(next, 0 | 43 | 60) {
        let [following, length] = *packet.get(at..)?.first_chunk()?;
        (at, next) = (at + (usize::from(length) + 1) * 8, following);
    }
    Some((at, next, if payload == 0 { 0 } else { payload + 40 }))
}

fn addresses(packet: &[u8]) -> Option<(IpAddr, IpAddr)> {
    if packet.first()? >> 4 == 4 {
        let octets = |at: usize| packet.get(at..)?.first_chunk::<4>().map(|octets| IpAddr::from(*octets));
        return Some((octets(12)?, octets(16)?));
    }
    let octets = |at: usize| packet.get(at..)?.first_chunk::<16>().map(|octets| IpAddr::from(*octets));
    Some((octets(8)?, octets(24)?))
}

fn pseudo_header(source: IpAddr, destination: IpAddr, protocol: u8, length: usize) -> Sum16BitWords {
    let add = |mut sum: Sum16BitWords, ip| match ip {
        IpAddr::V4(ip) => sum.add_4bytes(ip.octets()),
        IpAddr::V6(ip) => sum.add_16bytes(ip.octets()),
    };
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    add(add(Sum16BitWords::new(), source), destination).add_2bytes([0, protocol]).add_4bytes(length)
}

/// Sets the checksum of a UDP datagram; one that has none gets none.
pub(super) fn udp(source: IpAddr, destination: IpAddr, datagram: &mut [u8]) {
    let Some(&[_, _, _, _, a, b, c, d]) = datagram.first_chunk() else { return };
    if [c, d] == [0, 0] {
        return;
    }
    let announced = usize::from(u16::from_be_bytes([a, b]));
    let length = if announced < 8 { datagram.len() } else { announced.min(datagram.len()) };
    let Some(whole) = datagram.get_mut(..length) else { return };
    whole.get_mut(6..8).into_iter().for_each(|sum| sum.fill(0));
    let sum = pseudo_header(source, destination, UDP, length).add_slice(whole).ones_complement();
    // Zero stands for none: its other form is sent (RFC 768).
    let sum = if sum == 0 { 0xffff } else { sum };
    whole.get_mut(6..8).into_iter().for_each(|field| field.copy_from_slice(&sum.to_ne_bytes()));
}

fn tcp(source: IpAddr, destination: IpAddr, segment: &mut [u8]) {
    let Some(field) = segment.get_mut(16..18) else { return };
    field.fill(0);
    let sum = pseudo_header(source, destination, TCP, segment.len()).add_slice(segment).ones_complement().to_ne_bytes();
    segment.get_mut(16..18).into_iter().for_each(|field| field.copy_from_slice(&sum));
}

/// CRC32c (RFC 9260 appendix A).
fn sctp(packet: &mut [u8]) {
    let Some(field) = packet.get_mut(8..12) else { return };
    field.fill(0);
    let mut crc = u32::MAX;
    for byte in packet.iter() {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    packet.get_mut(8..12).into_iter().for_each(|field| field.copy_from_slice(&(!crc).to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;

    /// What etherparse builds is right; broken and repaired it is the same again.
    #[test]
    fn repaired_is_as_another_library_builds_it() {
        let mut packets = Vec::new();
        for payload in [&b"odd"[..], b"even", b""] {
            let mut packet = Vec::new();
            PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).udp(1, 2).write(&mut packet, payload).unwrap();
            packets.push(std::mem::take(&mut packet));
            PacketBuilder::ipv6([1; 16], [2; 16], 64).udp(1, 2).write(&mut packet, payload).unwrap();
            packets.push(std::mem::take(&mut packet));
            PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).tcp(1, 2, 3, 4).write(&mut packet, payload).unwrap();
            packets.push(packet);
        }
        for good in packets {
            let mut broken = good.clone();
            let sum = match (broken[0] >> 4, broken[9], broken[6]) {
                (4, 6, _) => 36,
                (4, ..) => 26,
                _ => 46,
            };
            broken[sum] ^= 0x55;
            if broken[0] >> 4 == 4 {
                broken[10] ^= 0x55;
            }
            repair(&mut broken, 0);
            assert_eq!(broken, good);
        }
    }

    /// RFC 3720 appendix B.4: 32 octets of zeros have the CRC aa 36 91 8a; here the field of the checksum is among them.
    #[test]
    fn the_checksum_of_sctp() {
        let mut packet = [0; 32];
        sctp(&mut packet);
        assert_eq!(packet[8..12], [0xaa, 0x36, 0x91, 0x8a]);
    }
}
