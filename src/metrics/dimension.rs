//! Takes nothing, gives what session requests can be broken down by, never a value of it.

/// What session requests can be broken down by (`standards.md` §8.2; RFC 6076 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The border elements between which the first INVITE passed.
    SbePair,
    /// The domains of From and To.
    Domain,
    /// What the called number begins with.
    Prefix,
    /// The codec that the offer of the first INVITE puts first.
    Codec,
    /// How they ended: the final response, or a timeout.
    ResponseCode,
}

impl Dimension {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 5] = [Self::SbePair, Self::Domain, Self::Prefix, Self::Codec, Self::ResponseCode];

    /// Its name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SbePair => "sbe-pair",
            Self::Domain => "domain",
            Self::Prefix => "prefix",
            Self::Codec => "codec",
            Self::ResponseCode => "response-code",
        }
    }

    /// Why a session request has no value that is known, for people.
    #[must_use]
    pub const fn unknown(self) -> &'static str {
        match self {
            Self::SbePair => "the capture does not tell",
            Self::Domain => "From or To cannot be read",
            Self::Prefix => "no number was called, or one so short that its beginning names a user",
            Self::Codec => "the INVITE carries no offer that can be read",
            Self::ResponseCode => "the capture ends before the outcome",
        }
    }

    /// What its values are, for people.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::SbePair => "border elements of the first INVITE",
            Self::Domain => "domains of From and To",
            Self::Prefix => "first digits of the called number",
            Self::Codec => "codec that the INVITE offers first",
            Self::ResponseCode => "final response",
        }
    }
}
