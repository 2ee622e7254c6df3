//! Takes nothing, gives the keys of connectivity, security, identity and privacy, never their values.

use super::form::{ANY, CAPTURE_POINT, CIDR, CODE_POINT, HOST, NAME, NUMBERS, REGEX, SUITE, TRAFFIC};
use super::{AMOUNT, COUNT, Field, Kind, LEVEL, NAMES, PERCENT, PORT, key};

const CIDRS: Kind = Kind::List(&Kind::Text(&CIDR));
const HOSTS: Kind = Kind::List(&Kind::Text(&HOST));
const NUMBER_LIST: Kind = Kind::List(&Kind::Text(&NUMBERS));
const FILES: Kind = NAMES;

pub(super) const CONNECTIVITY: &[Field] = &[
    key("ip_versions", Kind::List(&Kind::Word(&["ipv4", "ipv6"])), "IP versions"),
    key("encapsulation", Kind::Word(&["none", "ipsec-esp", "ipsec-ah", "vlan", "gre"]), "What carries IP between the networks"),
    key("vlan_ids", Kind::List(&Kind::Whole(1, 4094)), "VLANs of the interconnect"),
    key("capture_point", Kind::Text(&CAPTURE_POINT), "Where the tap is"),
    key("dscp", Kind::Map(&TRAFFIC, &[], &Kind::List(&Kind::Text(&CODE_POINT))), "Code points by class of traffic"),
    key("dscp_tolerance_pct", PERCENT, "Share of packets that may be marked otherwise"),
];

pub(super) const SECURITY: &[Field] = &[
    key("ipsec", Kind::Table(&[&[key("endpoints", CIDRS, "Outer addresses of the tunnels")]]), "Network-layer security"),
    key("tls", Kind::Table(&[TLS]), "Transport-layer security"),
];

const TLS: &[Field] = &[
    key("min_version", Kind::Word(&["1.0", "1.1", "1.2", "1.3"]), "Lowest TLS version (RFC 9325 §3.1)"),
    key("allowed_suites", Kind::List(&Kind::Text(&SUITE)), "Cipher suites; none: all outside the forbidden classes"),
    key(
        "forbidden_classes",
        Kind::List(&Kind::Word(&["null", "anon", "rc4", "export", "lt112", "lt128", "static-rsa", "static-dh", "dhe", "cbc", "3des"])),
        "Classes of cipher suites (RFC 9325 §4.1)",
    ),
    key("forward_secrecy", LEVEL, "Ephemeral key exchange"),
    key("mutual_auth", LEVEL, "Certificates on both sides"),
    key("ports", Kind::List(&PORT), "Ports where TLS must be reachable"),
    key("sni", LEVEL, "Server name indication"),
    key("allow_0rtt", Kind::Bool, "Early data"),
    key("trusted_cas", FILES, "Files with trusted certification authorities"),
    key("eku", Kind::Word(&["sip-domain", "server-client-ok", "any"]), "Extended key usage (RFC 5924)"),
    key("cn_fallback", LEVEL, "Common name as an identity"),
    key("min_rsa_bits", COUNT, "Shortest RSA key"),
    key("min_ec_bits", COUNT, "Shortest elliptic-curve key"),
    key("expiry_warning_days", COUNT, "Days of warning before a certificate expires"),
    key("verify_identity_in_requests", Kind::Bool, "Compare the From domain with the client certificate"),
    key("handshake_timeout_ms", COUNT, "Longest handshake"),
    key("max_handshake_failure_pct", PERCENT, "Share of handshakes that may fail"),
];

pub(super) const IDENTITY: &[Field] = &[
    key("trust", Kind::Bool, "Both peers are in one trust domain (RFC 3324)"),
    key("pai", LEVEL, "P-Asserted-Identity"),
    key("ppi", LEVEL, "P-Preferred-Identity"),
    key("from_domain", Kind::Word(&["peer", "any"]), "Domain of the From header"),
    key("caller_in_ranges", LEVEL, "Calling numbers inside the sender's ranges"),
    key("called_in_ranges", LEVEL, "Called numbers inside the receiver's ranges"),
    key("diversion", Kind::Table(&[&[key("level", LEVEL, "Level"), key("headers", NAMES, "Headers that count")]]), "Diversion information"),
    key("deny_callers", NUMBER_LIST, "Callers that are refused"),
    key("allow_callers", NUMBER_LIST, "Callers that are let in; none: everyone not refused"),
    key("deny_callees", NUMBER_LIST, "Called numbers that are refused"),
    key(
        "emergency_numbers",
        Kind::Table(&[&[key("numbers", NUMBER_LIST, "The numbers"), key("level", LEVEL, "Level of calls to them")]]),
        "Emergency calls across the border",
    ),
    key(
        "digest",
        Kind::Table(&[&[key("level", LEVEL, "Level"), key("algorithms", NAMES, "Algorithms (RFC 8760)")]]),
        "Digest credentials across the border",
    ),
    key("stir", Kind::Table(&[STIR]), "Signed identity (RFC 8224)"),
];

const ATTESTATION: Kind = Kind::Word(&["A", "B", "C"]);

const STIR: &[Field] = &[
    key("identity_header", LEVEL, "Identity header"),
    key("ppt", NAMES, "PASSporT extensions"),
    key("min_attest", ATTESTATION, "Lowest attestation (RFC 8588 §4)"),
    key("min_a_pct", PERCENT, "Least share of full attestation"),
    key("freshness_s", COUNT, "Oldest PASSporT"),
    key("replay_window_s", COUNT, "Time in which a PASSporT may not come again"),
    key("compact_form", LEVEL, "Compact form (RFC 8225 §7)"),
    key("mky", LEVEL, "Media keys in the PASSporT (RFC 8225 §5.2.2)"),
    key("x5u_hosts", HOSTS, "Hosts that certificates may come from"),
    key("cert_dir", Kind::Text(&NAME), "Directory with certificates"),
    key("trust_anchors", FILES, "Files with trusted authorities"),
];

pub(super) const PRIVACY: &[Field] = &[
    key("topology_hiding", LEVEL, "No internal hosts or addresses across the border"),
    key("internal_domains", HOSTS, "Domains that are internal"),
    key("internal_cidrs", CIDRS, "Prefixes that are internal"),
    key("max_via", COUNT, "Most Via headers"),
    key(
        "software_banner",
        Kind::Table(&[&[key("level", LEVEL, "Level"), key("banner_pattern", Kind::Text(&REGEX), "What discloses a product")]]),
        "Product names in headers",
    ),
    key("enforce_privacy_id", LEVEL, "Privacy that was asked for is kept (RFC 3323)"),
    key("location_headers", LEVEL, "Headers that tell a location"),
    key("cleartext_content", LEVEL, "Texts and digits in the clear"),
];

/// `require` of `[admission]`.
pub(super) const REQUIRE: &[Field] = &[
    key("transport", Kind::List(&Kind::Word(&["udp", "tcp", "tls", "sctp", "tls-sctp", "ws", "wss"])), "Transports"),
    key("min_attest", ATTESTATION, "Lowest attestation"),
    key("declared_sbe", Kind::Bool, "From a declared border element"),
    key(
        "encapsulation",
        Kind::Word(&["ipsec-esp", "ipsec-ah", "vlan", "gre"]),
        "What carries the request, at a capture point between the networks",
    ),
    key("within_limits", Kind::Bool, "Nothing is answered beyond a limit"),
];

/// `performance.media.codec_ie`.
pub(super) const CODEC_IE: &[Field] = &[
    super::must("ie", AMOUNT, "Equipment impairment factor (ITU-T G.113)"),
    key("bpl", AMOUNT, "Packet-loss robustness factor"),
    super::must("source", Kind::Text(&ANY), "Who says so"),
];
