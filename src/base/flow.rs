//! Takes addresses and ports, gives the ends of a flow, never says who owns them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use super::push_ip;

/// One end of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The IP address.
    pub ip: IpAddr,
    /// The UDP, TCP or SCTP port.
    pub port: u16,
}

impl Endpoint {
    /// The end `ip`:`port`.
    #[must_use]
    pub const fn new(ip: IpAddr, port: u16) -> Self {
        Self { ip, port }
    }

    /// Its text, as it is displayed, without the cost of formatting.
    #[must_use]
    pub fn text(self) -> String {
        let mut text = String::with_capacity(24);
        let is_v6 = self.ip.is_ipv6();
        if is_v6 {
            text.push('[');
        }
        push_ip(&mut text, self.ip);
        text.push_str(if is_v6 { "]:" } else { ":" });
        text.push_str(itoa::Buffer::new().format(self.port));
        text
    }
}

impl Default for Endpoint {
    fn default() -> Self {
        Self::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// What carried a SIP message, as seen on the wire (RFC 3261 §18, RFC 4168, RFC 7118).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// Datagrams in the clear.
    #[default]
    Udp,
    /// A stream in the clear.
    Tcp,
    /// A TLS stream.
    Tls,
    /// WebSocket.
    Ws,
    /// WebSocket over TLS.
    Wss,
    /// SCTP.
    Sctp,
    /// TLS over SCTP.
    TlsSctp,
}

impl Transport {
    /// Every transport, in the order of the report.
    pub const ALL: [Self; 7] = [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss, Self::Sctp, Self::TlsSctp];

    /// The token of the Via header.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
            Self::Sctp => "SCTP",
            Self::TlsSctp => "TLS-SCTP",
        }
    }

    /// Whether the transport itself repeats what is lost, so that SIP must not (RFC 3261 §17).
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Self::Udp)
    }

    /// Whether nothing but Content-Length tells where a message ends (RFC 3261 §18.3); WebSocket and SCTP carry whole messages.
    #[must_use]
    pub const fn is_stream(self) -> bool {
        matches!(self, Self::Tcp | Self::Tls | Self::TlsSctp)
    }

    /// Whether nobody on the path can read it.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Wss | Self::TlsSctp)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}
