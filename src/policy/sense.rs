//! Takes the path of a value, gives what two different values of it mean to two peers, never the values.

use super::difference::Weight;
use super::waiver::glob;

/// What it means to two peers that they wrote different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// An upper bound: the lower one refuses what the higher one allows.
    Most,
    /// A lower bound: the higher one refuses what the lower one allows.
    Least,
    /// All that is allowed, none being anything: what only one lists is refused by the other.
    Among,
    /// What can be chosen from, none being anything: one in common is enough.
    Common,
    /// Words from the strictest on: the stricter refuses what the other allows.
    Strict(&'static [&'static str]),
    /// Another value has this weight.
    Equal(Weight),
    /// It concerns only whoever wrote it, or the audit.
    Aside,
}

/// The first that fits counts. Levels need no line: what they mean to each other is the same everywhere.
const SENSES: &[(&str, Sense)] = &[
    ("connectivity.ip_versions", Sense::Common),
    ("connectivity.encapsulation", Sense::Equal(Weight::Breaks)),
    ("connectivity.vlan_ids", Sense::Common),
    ("connectivity.dscp.*", Sense::Common),
    ("connectivity.*", Sense::Aside),
    ("security.ipsec.endpoints", Sense::Common),
    ("security.tls.min_version", Sense::Least),
    ("security.tls.allowed_suites", Sense::Common),
    ("security.tls.forbidden_classes", Sense::Equal(Weight::Note)),
    ("security.tls.ports", Sense::Common),
    ("security.tls.allow_0rtt", Sense::Strict(&["false", "true"])),
    ("security.tls.eku", Sense::Strict(&["sip-domain", "server-client-ok", "any"])),
    ("security.tls.min_rsa_bits", Sense::Least),
    ("security.tls.min_ec_bits", Sense::Least),
    ("security.tls.verify_identity_in_requests", Sense::Strict(&["true", "false"])),
    ("security.tls.*", Sense::Aside),
    ("sip.transport.max_udp_bytes", Sense::Most),
    ("sip.transport.keepalive.method", Sense::Equal(Weight::Refused)),
    ("sip.transport.keepalive.interval_s", Sense::Equal(Weight::Note)),
    ("sip.transport.*", Sense::Aside),
    ("sip.timers.*", Sense::Equal(Weight::Note)),
    ("sip.event_packages", Sense::Among),
    ("sip.info_packages", Sense::Among),
    ("sip.session_timer.min_s", Sense::Least),
    ("sip.session_timer.max_s", Sense::Most),
    ("sip.dialog.max_early_dialogs", Sense::Most),
    ("sip.rfc_group.*", Sense::Aside),
    ("sip.headers.body_types", Sense::Among),
    ("sip.headers.max_message_bytes", Sense::Most),
    ("sip.headers.max_forwards.min", Sense::Least),
    ("sip.headers.max_forwards.max", Sense::Most),
    ("sip.header.*.pattern", Sense::Equal(Weight::Refused)),
    ("sip.header.*.one_of", Sense::Among),
    ("sip.header.*", Sense::Aside),
    ("sip.responses.reason.protocols", Sense::Common),
    ("sip.responses.*", Sense::Aside),
    ("sip.uri.schemes", Sense::Among),
    ("sip.uri.host_form", Sense::Strict(&["fqdn", "any"])),
    ("sip.uri.number_format", Sense::Strict(&["e164-global", "e164-or-local", "any"])),
    ("sip.uri.special_numbers", Sense::Equal(Weight::Note)),
    ("sip.uri.*", Sense::Aside),
    ("media.*.preference", Sense::Equal(Weight::Note)),
    ("media.*.codec.*.ptime_ms", Sense::Among),
    ("media.*.codec.*.fmtp.*", Sense::Equal(Weight::Breaks)),
    ("media.*.codec.*", Sense::Aside),
    ("media.dtmf.methods", Sense::Common),
    ("media.dtmf.events", Sense::Equal(Weight::Note)),
    ("media.fax.rate_management", Sense::Equal(Weight::Breaks)),
    ("media.fax.*", Sense::Common),
    ("media.im.max_page_bytes", Sense::Most),
    ("media.presence.max_notify_copies", Sense::Most),
    ("media.presence.pidf_only", Sense::Strict(&["true", "false"])),
    ("media.transport.*", Sense::Aside),
    ("media.security.dtls_min_version", Sense::Least),
    ("media.security.dtls_timeout_ms", Sense::Aside),
    ("media.security.*", Sense::Common),
    ("identity.trust", Sense::Equal(Weight::Refused)),
    ("identity.from_domain", Sense::Strict(&["peer", "any"])),
    ("identity.diversion.headers", Sense::Common),
    ("identity.allow_callers", Sense::Among),
    ("identity.deny_*", Sense::Equal(Weight::Note)),
    ("identity.emergency_numbers.numbers", Sense::Equal(Weight::Note)),
    ("identity.digest.algorithms", Sense::Common),
    ("identity.stir.ppt", Sense::Common),
    ("identity.stir.min_attest", Sense::Strict(&["A", "B", "C"])),
    ("identity.stir.min_a_pct", Sense::Least),
    ("identity.stir.freshness_s", Sense::Most),
    ("identity.stir.x5u_hosts", Sense::Among),
    ("identity.stir.*", Sense::Aside),
    ("privacy.max_via", Sense::Most),
    ("privacy.software_banner.banner_pattern", Sense::Equal(Weight::Note)),
    ("privacy.*", Sense::Aside),
    ("accounting.ioi.*", Sense::Equal(Weight::Breaks)),
    ("accounting.*", Sense::Aside),
    ("admission.require.transport", Sense::Among),
    ("admission.require.min_attest", Sense::Strict(&["A", "B", "C"])),
    ("admission.require.declared_sbe", Sense::Strict(&["true", "false"])),
    ("admission.require.encapsulation", Sense::Equal(Weight::Breaks)),
    ("admission.require.within_limits", Sense::Strict(&["true", "false"])),
    ("admission.limit.*.value", Sense::Most),
    ("admission.limit.*.burst", Sense::Most),
    ("admission.limit.*", Sense::Aside),
    ("performance.*", Sense::Equal(Weight::Note)),
    ("metrics.*", Sense::Equal(Weight::Note)),
    ("capture.*", Sense::Aside),
    ("report.*", Sense::Aside),
];

/// The sense of a value that is no level; `None` where nobody thought of it, which a test forbids.
pub(super) fn sense(path: &str) -> Option<Sense> {
    SENSES.iter().find(|(pattern, _)| glob(pattern, path)).map(|(_, sense)| *sense)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::difference::is_level;
    use crate::policy::schema;

    #[test]
    fn every_key_of_the_schema_has_a_sense_and_every_line_a_key() {
        let paths = schema::paths();
        for (path, _) in paths.iter().filter(|(_, kind)| !is_level(kind)) {
            assert!(sense(path).is_some(), "{path}");
        }
        for (at, (pattern, _)) in SENSES.iter().enumerate() {
            let first = |path: &str| SENSES.iter().position(|(pattern, _)| glob(pattern, path)) == Some(at);
            assert!(paths.iter().any(|(path, kind)| !is_level(kind) && first(path)), "{pattern} is never the first that fits");
        }
    }
}
