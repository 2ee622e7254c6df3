//! Takes nothing, gives the shapes that decoding yields, never owns a byte.

use std::net::IpAddr;

use super::{Carriage, Tunnels};
use crate::base::Endpoint;

/// What the layers below the transport said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    /// The innermost VLAN id.
    pub vlan: Option<u16>,
    /// The differentiated-services code point (RFC 2474).
    pub dscp: u8,
    /// IPv4 identification; for IPv6 the identification of the fragment header, else 0.
    pub ip_id: u32,
    /// Whether the packet came inside a tunnel.
    pub tunnelled: bool,
    /// Which ones.
    pub tunnels: Tunnels,
    /// Total length of the IP packet as its header says, in octets.
    pub ip_len: u32,
}

impl Layers {
    /// The same in one word.
    #[must_use]
    pub const fn carriage(&self) -> Carriage {
        Carriage::new(self.dscp, self.vlan, self.tunnels)
    }
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// Sender.
    pub source: Endpoint,
    /// Receiver.
    pub destination: Endpoint,
    /// What lay below.
    pub layers: Layers,
    /// The data, as far as it was captured.
    pub payload: &'a [u8],
    /// Whether the snapshot length cut it.
    pub cut: bool,
}

/// The flags of a TCP header that matter here (RFC 9293 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFlags {
    /// Synchronise.
    pub syn: bool,
    /// Acknowledgement is valid.
    pub ack: bool,
    /// Sender is done.
    pub fin: bool,
    /// Reset.
    pub rst: bool,
}

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Sender.
    pub source: Endpoint,
    /// Receiver.
    pub destination: Endpoint,
    /// What lay below.
    pub layers: Layers,
    /// Sequence number of the first octet (of the SYN, where it is set).
    pub seq: u32,
    /// The next octet that the sender expects of the other side.
    pub ack: u32,
    /// The flags.
    pub flags: TcpFlags,
    /// The data, as far as it was captured.
    pub payload: &'a [u8],
    /// The octets of data that the IP header announces: more than `payload` where the snapshot length cut.
    pub wire_len: u32,
}

/// An SCTP packet (RFC 9260 §3).
#[derive(Clone, Copy, Debug)]
pub struct Sctp<'a> {
    /// Sender.
    pub source: Endpoint,
    /// Receiver.
    pub destination: Endpoint,
    /// What lay below.
    pub layers: Layers,
    /// The verification tag: names the association, to its receiver.
    pub tag: u32,
    /// The chunks, as far as they were captured.
    pub chunks: &'a [u8],
}

/// A fragment of an IP datagram (RFC 791 §3.2, RFC 8200 §4.5).
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// The protocol of the whole datagram's payload.
    pub protocol: u8,
    /// What lay below; `ip_id` is the identification.
    pub layers: Layers,
    /// Offset of `payload` in the whole, in octets.
    pub offset: u32,
    /// Whether more follow.
    pub more: bool,
    /// The data, as far as it was captured.
    pub payload: &'a [u8],
    /// Whether the snapshot length cut it.
    pub cut: bool,
}

/// What a frame held.
#[derive(Clone, Copy, Debug)]
pub enum Packet<'a> {
    /// UDP.
    Udp(Datagram<'a>),
    /// TCP.
    Tcp(Segment<'a>),
    /// SCTP, over IP or over UDP.
    Sctp(Sctp<'a>),
    /// A part of a datagram.
    Fragment(Fragment<'a>),
    /// An ICMP or ICMPv6 message.
    Icmp {
        /// The data of the UDP or TCP packet that an error quotes, as far as it does; empty for other messages.
        quoted: &'a [u8],
    },
    /// IP, of a protocol that is not looked into.
    OtherIp {
        /// The IP protocol number.
        protocol: u8,
        /// Sender.
        source: IpAddr,
        /// Receiver.
        destination: IpAddr,
        /// Octets behind the IP header, as it says.
        octets: u32,
    },
    /// No IP at all: ARP, LLDP and the like.
    NotIp,
    /// Nothing that could be decoded.
    Undecodable,
}
