//! Takes nothing, gives the keys of `[media]` and its sections, never their values.

use super::form::{ANY, EVENTS, MEDIA_TYPE, NAME, TOKEN};
use super::{AMOUNT, COUNT, DEFAULT, Field, Kind, LEVEL, NAMES, SOME, by_name, key, must};
use crate::policy::tree::{self, Table, Value};

pub(super) const MEDIA: &[Field] = &[
    key("types", Kind::Map(&MEDIA_TYPE, DEFAULT, &LEVEL), "Levels of media types"),
    key("audio", Kind::Table(&[CODECS]), "Audio codecs"),
    key("video", Kind::Table(&[CODECS]), "Video codecs"),
    key("dtmf", Kind::Table(&[DTMF]), "Digits"),
    key("fax", Kind::Table(&[FAX]), "Fax"),
    key("text", Kind::Table(&[&[key("t140", LEVEL, "T.140 (RFC 4103)"), key("red", LEVEL, "Redundancy of text")]]), "Real-time text"),
    key("im", Kind::Table(&[IM]), "Instant messages"),
    key("presence", Kind::Table(&[PRESENCE]), "Presence"),
    key("transport", Kind::Table(&[TRANSPORT]), "RTP and RTCP"),
    key("security", Kind::Table(&[SECURITY]), "Protection of media"),
];

const CODECS: &[Field] = &[
    key("unlisted", LEVEL, "Codecs that are not listed"),
    key("preference", Kind::Word(&["as-listed", "any"]), "Order in offers"),
    key("codec", Kind::Entries(codec, &[CODEC]), "A codec"),
];

const CODEC: &[Field] = &[
    must("name", Kind::Text(&TOKEN), "Encoding name, as in a=rtpmap"),
    key("clock", Kind::Whole(1, 0xffff_ffff), "RTP clock rate in Hz; not given: any"),
    key("channels", Kind::Whole(1, 255), "Channels"),
    must("level", LEVEL, "Level"),
    key("ptime_ms", Kind::List(&Kind::Whole(1, 10_000)), "Packet times; none: any"),
    key("fmtp", Kind::Map(&NAME, &[], &Kind::Text(&ANY)), "Parameters that must have these values"),
];

/// Name, clock and channels (RFC 8866 §6.6), as far as they are given: names are compared in any case (RFC 4855 §3).
fn codec(entry: &Table) -> String {
    let mut identity = by_name(entry).to_ascii_lowercase();
    for key in ["clock", "channels"] {
        if let Some(Value::Whole(number)) = tree::get(entry, key).map(|n| &n.value) {
            identity.push_str(&format!("/{number}"));
        }
    }
    identity
}

const DTMF: &[Field] = &[
    key("methods", Kind::List(&Kind::Word(&["rfc4733", "sip-info", "inband", "kpml"])), "How digits travel"),
    key("events", Kind::Text(&EVENTS), "Events that must be understood"),
    key("level", LEVEL, "Level"),
];

const FAX: &[Field] = &[
    key("t38", LEVEL, "T.38"),
    key("version", Kind::List(&Kind::Whole(0, 255)), "T.38 versions"),
    key("max_bit_rate", Kind::List(&SOME), "Greatest bit rates"),
    key("rate_management", Kind::Word(&["transferredTCF", "localTCF"]), "T38FaxRateManagement"),
    key("udp_ec", Kind::List(&Kind::Word(&["t38UDPRedundancy", "t38UDPFEC", "t38UDPNoEC"])), "T38FaxUdpEC"),
    key("passthrough", LEVEL, "G.711 pass-through"),
];

const IM: &[Field] = &[
    key("page_mode", LEVEL, "SIP MESSAGE (RFC 3428)"),
    key("max_page_bytes", SOME, "Longest MESSAGE"),
    key("msrp", LEVEL, "MSRP (RFC 4975)"),
    key("msrp_tls", LEVEL, "MSRP over TLS"),
];

const PRESENCE: &[Field] = &[
    key("level", LEVEL, "Level"),
    key("max_notify_copies", SOME, "Most equal notifications of one change"),
    key("pidf_only", Kind::Bool, "No documents other than PIDF (RFC 3863)"),
];

const TRANSPORT: &[Field] = &[
    key("symmetric_rtp", LEVEL, "Sent from where it is received (RFC 4961)"),
    key("rtcp", LEVEL, "RTCP"),
    key("rtcp_mux", LEVEL, "RTP and RTCP on one port (RFC 5761)"),
    key("rtcp_xr_voip", LEVEL, "VoIP metrics block (RFC 3611 §4.7)"),
    key("redundancy_2198", LEVEL, "Redundant audio (RFC 2198)"),
    key("early_media", LEVEL, "Media before the answer"),
    key("ice", LEVEL, "ICE (RFC 8839)"),
    key("bundle", LEVEL, "Several media on one flow (RFC 9143)"),
    key("no_media_s", AMOUNT, "Shortest call that must have media"),
    key("max_gap_s", AMOUNT, "Longest silence"),
    key("after_bye_grace_ms", COUNT, "Media may go on so long after BYE"),
    key("rogue_min_packets", COUNT, "Packets before a flow without a session counts"),
];

const SECURITY: &[Field] = &[
    key("srtp", LEVEL, "SRTP"),
    key("key_management", Kind::List(&Kind::Word(&["dtls-srtp", "sdes", "mikey", "zrtp"])), "How keys are agreed; none: any"),
    key("srtp_suites", NAMES, "Suites; none: any"),
    key(
        "fingerprint_hashes",
        Kind::List(&Kind::Word(&["md2", "md5", "sha-1", "sha-224", "sha-256", "sha-384", "sha-512"])),
        "Hashes (RFC 8122 §5)",
    ),
    key("cleartext_keys", LEVEL, "Keys over signalling in the clear"),
    key("attribute_transparency", LEVEL, "Security attributes pass unchanged (RFC 6271 Req #17)"),
    key("dtls_min_version", Kind::Word(&["1.0", "1.2", "1.3"]), "Lowest DTLS version"),
    key("dtls_timeout_ms", COUNT, "Longest DTLS handshake"),
];
