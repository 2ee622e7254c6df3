//! Takes nothing, gives what a draft policy asks the traffic about, never an answer.

/// A question whose answers are names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Topic {
    Transport,
    IpVersion,
    /// The code point of SIP messages.
    SignalingDscp,
    /// The code point of audio.
    AudioDscp,
    /// `vlan`, `gre`, `ipsec-esp`, `ipsec-ah`, `another tunnel` or `none`, of SIP messages.
    Encapsulation,
    Vlan,
    TlsVersion,
    TlsSuite,
    TlsPort,
    /// Whether the client showed a certificate: `shown`, `not shown`.
    ClientCertificate,
    Method,
    Status,
    /// Demanded by Require or Proxy-Require.
    DemandedTag,
    SupportedTag,
    Header,
    /// In requests that open a session.
    OpeningHeader,
    BodyType,
    EventPackage,
    InfoPackage,
    /// Of Request-URIs.
    Scheme,
    /// `name` or `address`: hosts of Request-URI, From and To.
    HostForm,
    /// `global` or `local`: telephone numbers of Request-URI, From and To.
    NumberForm,
    /// `with` or `without`: INVITEs that open a session, and an offer.
    Offer,
    MediaType,
    /// Audio, `NAME/clock[/channels]`.
    AudioCodec,
    VideoCodec,
    /// `CODEC ms`
    PacketTime,
    /// `CODEC number`
    PayloadType,
    /// `secure` or `clear`: wanted m= lines of RTP.
    MediaProfile,
    KeyManagement,
    SrtpSuite,
    FingerprintHash,
    /// `rtcp-mux`, `ice`, `bundle`
    MediaFeature,
    DigitMethod,
    /// `Via`, `Contact` … with a private address, from a host that has none.
    PrivateAddress,
}

impl Topic {
    /// How many there are.
    pub(super) const COUNT: usize = Self::PrivateAddress as usize + 1;

    /// Whether upper and lower case are two names (RFC 3261 §7.1).
    pub(super) const fn is_exact(self) -> bool {
        matches!(self, Self::Method)
    }
}

/// A question whose answers are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Measure {
    /// Of requests.
    MaxForwards,
    /// Via header fields of requests.
    Vias,
    /// Octets of a message.
    Length,
    /// Octets of a request over UDP.
    UdpLength,
    /// Seconds of Session-Expires.
    SessionExpires,
    /// Octets of MESSAGE.
    PageLength,
}

impl Measure {
    /// How many there are.
    pub(super) const COUNT: usize = Self::PageLength as usize + 1;
}
