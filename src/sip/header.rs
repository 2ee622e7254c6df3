//! Takes a header name as written, gives which header it is, never its value.

macro_rules! headers {
    ($($name:ident = $text:literal $(, $compact:literal)?;)*) => {
        /// The headers that something here looks at, by their registered names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum HeaderName { $($name,)* /** Any other; its text stands in the message. */ Other }

        impl HeaderName {
            /// Every header known by name.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The registered spelling; empty for [`HeaderName::Other`].
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* Self::Other => "" }
            }

            /// The compact form, where one is registered.
            #[must_use]
            pub const fn compact(self) -> Option<u8> {
                match self { $($(Self::$name => Some($compact),)?)* _ => None }
            }
        }
    };
}

// IANA "Header Fields" registry; compact forms as RFC 3261 §7.3.3 and the RFC of each header give them.
headers! {
    Accept = "Accept";
    AcceptContact = "Accept-Contact", b'a';
    AcceptEncoding = "Accept-Encoding";
    AcceptLanguage = "Accept-Language";
    AlertInfo = "Alert-Info";
    Allow = "Allow";
    AllowEvents = "Allow-Events", b'u';
    AuthenticationInfo = "Authentication-Info";
    Authorization = "Authorization";
    CallId = "Call-ID", b'i';
    CallInfo = "Call-Info";
    Contact = "Contact", b'm';
    ContentDisposition = "Content-Disposition";
    ContentEncoding = "Content-Encoding", b'e';
    ContentLanguage = "Content-Language";
    ContentLength = "Content-Length", b'l';
    ContentType = "Content-Type", b'c';
    CSeq = "CSeq";
    Date = "Date";
    Diversion = "Diversion";
    ErrorInfo = "Error-Info";
    Event = "Event", b'o';
    Expires = "Expires";
    FeatureCaps = "Feature-Caps";
    From = "From", b'f';
    Geolocation = "Geolocation";
    HistoryInfo = "History-Info";
    Identity = "Identity", b'y';
    IdentityInfo = "Identity-Info", b'n';
    InReplyTo = "In-Reply-To";
    InfoPackage = "Info-Package";
    Join = "Join";
    MaxForwards = "Max-Forwards";
    MimeVersion = "MIME-Version";
    MinExpires = "Min-Expires";
    MinSe = "Min-SE";
    Organization = "Organization";
    PAccessNetworkInfo = "P-Access-Network-Info";
    PAssertedIdentity = "P-Asserted-Identity";
    PAssertedService = "P-Asserted-Service";
    PAssociatedUri = "P-Associated-URI";
    PCalledPartyId = "P-Called-Party-ID";
    PChargingFunctionAddresses = "P-Charging-Function-Addresses";
    PChargingVector = "P-Charging-Vector";
    PDcsBillingInfo = "P-DCS-Billing-Info";
    PEarlyMedia = "P-Early-Media";
    PPreferredIdentity = "P-Preferred-Identity";
    PVisitedNetworkId = "P-Visited-Network-ID";
    Path = "Path";
    Priority = "Priority";
    Privacy = "Privacy";
    ProxyAuthenticate = "Proxy-Authenticate";
    ProxyAuthorization = "Proxy-Authorization";
    ProxyRequire = "Proxy-Require";
    RAck = "RAck";
    Reason = "Reason";
    RecordRoute = "Record-Route";
    RecvInfo = "Recv-Info";
    ReferSub = "Refer-Sub";
    ReferTo = "Refer-To", b'r';
    ReferredBy = "Referred-By", b'b';
    RejectContact = "Reject-Contact", b'j';
    RemotePartyId = "Remote-Party-ID";
    Replaces = "Replaces";
    ReplyTo = "Reply-To";
    RequestDisposition = "Request-Disposition", b'd';
    Require = "Require";
    ResourcePriority = "Resource-Priority";
    RetryAfter = "Retry-After";
    Route = "Route";
    RSeq = "RSeq";
    Server = "Server";
    ServiceRoute = "Service-Route";
    SessionExpires = "Session-Expires", b'x';
    SessionId = "Session-ID";
    SipEtag = "SIP-ETag";
    SipIfMatch = "SIP-If-Match";
    Subject = "Subject", b's';
    SubscriptionState = "Subscription-State";
    Supported = "Supported", b'k';
    TargetDialog = "Target-Dialog";
    Timestamp = "Timestamp";
    To = "To", b't';
    Unsupported = "Unsupported";
    UserAgent = "User-Agent";
    UserToUser = "User-to-User";
    Via = "Via", b'v';
    Warning = "Warning";
    WwwAuthenticate = "WWW-Authenticate";
}

impl HeaderName {
    /// The header that `name` names, in any case and in the compact form too.
    #[must_use]
    pub fn of(name: &[u8]) -> Self {
        let (first, rest) = match name {
            [] => return Self::Other,
            &[one] => return COMPACT.get(usize::from(one | 0x20)).copied().unwrap_or(Self::Other),
            &[first, .., last] => (first, last),
        };
        let mut slot = slot(name.len(), first, rest);
        loop {
            let (text, id) = LONG[slot];
            // Nearly everybody writes names as registered.
            if text == name || text.eq_ignore_ascii_case(name) || text.is_empty() {
                return id;
            }
            slot = (slot + 1) % LONG.len();
        }
    }
}

/// Where a name is looked for first in [`LONG`]: three facts of it, weighed so that hardly two headers share a slot.
const fn slot(len: usize, first: u8, last: u8) -> usize {
    let (first, last) = ((first | 0x20) as usize, (last | 0x20) as usize);
    (len * 102 + first * 175 + last * 198) % 256
}

/// The headers by their compact letter in lower case.
static COMPACT: [HeaderName; 128] = {
    let mut table = [HeaderName::Other; 128];
    let mut i = 0;
    while i < HeaderName::ALL.len() {
        if let Some(letter) = HeaderName::ALL[i].compact() {
            table[letter as usize] = HeaderName::ALL[i];
        }
        i += 1;
    }
    table
};

/// The headers by [`slot`] of their name, a taken slot giving way to the next; far from full, so that a search ends.
static LONG: [(&[u8], HeaderName); 256] = {
    let mut table: [(&[u8], HeaderName); 256] = [(&[], HeaderName::Other); 256];
    let mut i = 0;
    while i < HeaderName::ALL.len() {
        let text = HeaderName::ALL[i].text().as_bytes();
        let mut at = slot(text.len(), text[0], text[text.len() - 1]);
        while !table[at].0.is_empty() {
            at = (at + 1) % table.len();
        }
        table[at] = (text, HeaderName::ALL[i]);
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_is_known_by_its_name_in_any_case_and_by_its_letter() {
        for &id in HeaderName::ALL {
            assert_eq!(HeaderName::of(id.text().as_bytes()), id);
            assert_eq!(HeaderName::of(id.text().to_ascii_uppercase().as_bytes()), id);
            if let Some(letter) = id.compact() {
                assert_eq!([HeaderName::of(&[letter]), HeaderName::of(&[letter.to_ascii_uppercase()])], [id; 2]);
            }
        }
    }

    #[test]
    fn other_names_are_other() {
        for name in [&b""[..], b"z", b"\xe1", b"C%6Fntact", b"Contact ", b"X-Contact", b"\xff\xff"] {
            assert_eq!(HeaderName::of(name), HeaderName::Other);
        }
    }

    #[test]
    fn every_header_has_a_bit_in_a_message() {
        assert!((HeaderName::Other as u32) < u128::BITS);
    }
}
