//! Takes what was counted, gives what of a policy the capture showed, never whether it should have.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{Contacts, Intake, Proceedings, Roll, Sides};
use crate::base::Transport;
use crate::metrics::Part;
use crate::policy::ListKind;
use crate::rules::Observed;
use crate::transport::tls::suite;

/// What the capture showed of what a policy can declare; `parts` are those that carried media.
pub(super) fn observed<'a>(
    proceedings: &Proceedings,
    roll: &'a Roll,
    parts: &'a [Part],
    sides: &Sides,
    intake: &Intake,
    contacts: &Contacts,
) -> Observed<'a> {
    let elements: BTreeSet<_> =
        parts.iter().filter_map(|part| if let Part::Element(party, name) = part { Some((*party, &**name)) } else { None }).collect();
    let by = &intake.sip_by_transport;
    let counts = [by.udp, by.tcp, by.tls, by.ws, by.wss, by.sctp, by.tls_sctp];
    let carried = Transport::ALL.into_iter().zip(counts).filter(|(_, messages)| *messages > 0).map(|(transport, _)| transport);
    let mut transports: Vec<Transport> = carried.collect();
    // Sealed, and yet it carries SIP.
    if contacts.established > 0 && !transports.contains(&Transport::Tls) {
        transports.push(Transport::Tls);
    }
    Observed {
        hosts: sides.hosts().concat(),
        tells_media: !elements.is_empty() && !parts.contains(&Part::Other),
        elements,
        trunks: proceedings.tallies.keys().filter_map(|(_, _, trunk, _)| *trunk).collect(),
        has_sessions: proceedings.tallies.values().any(|tally| tally.attempts > 0),
        codecs: codec_names(proceedings).collect(),
        transports,
        listed: proceedings.usage.report(roll),
        suites: contacts.suites.keys().filter_map(|code| suite(*code)).map(|suite| suite.name.to_owned()).collect(),
    }
}

/// Which entries of lists were used, by what is counted anyhow.
pub(super) fn count_uses(proceedings: &mut Proceedings, roll: &Roll, sides: &Sides, intake: &Intake, contacts: &Contacts) {
    let used = |counts: &BTreeMap<String, u64>, name: &str| counts.keys().any(|key| key.eq_ignore_ascii_case(name));
    let class = |name: &str| name.strip_suffix("xx").is_some_and(|class| intake.sip_responses.keys().any(|code| code.starts_with(class)));
    let suites: Vec<_> = contacts.suites.keys().filter_map(|code| suite(*code)).collect();
    let codecs: BTreeSet<String> = codec_names(proceedings).collect();
    let attempts = proceedings.tallies.iter().filter(|((_, _, trunk, start), _)| trunk.is_none() && start.is_none());
    let attempts = attempts.map(|(_, tally)| tally.attempts).sum();
    let usage = &mut proceedings.usage;
    usage.all(roll, ListKind::Method, intake.sip_requests.values().sum(), |name| used(&intake.sip_requests, name));
    usage.all(roll, ListKind::Response, intake.sip_responses.values().sum(), |code| used(&intake.sip_responses, code) || class(code));
    usage.all(roll, ListKind::Suite, contacts.established, |name| suites.iter().any(|suite| suite.name.eq_ignore_ascii_case(name)));
    usage.all(roll, ListKind::Codec, if codecs.is_empty() { 0 } else { attempts }, |name| codecs.iter().any(|codec| is_codec(codec, name)));
    let ports = &contacts.ports;
    usage.all(roll, ListKind::TlsPort, contacts.connections, |port| port.parse().is_ok_and(|port: u16| ports.contains(&port)));
    usage.hosts(roll, intake.sip_messages, &sides.hosts().concat());
}

/// Whether a codec, `NAME/clock/channels`, is the one that an entry names, `NAME/clock` or `NAME`.
fn is_codec(codec: &str, entry: &str) -> bool {
    let mut parts = codec.split('/');
    entry.split('/').all(|part| parts.next().is_some_and(|own| own.eq_ignore_ascii_case(part)))
}

/// Codecs that were offered or answered, some more than once.
fn codec_names(proceedings: &Proceedings) -> impl Iterator<Item = String> {
    proceedings.codecs.values().flat_map(|used| used.offered.by_name().into_keys().chain(used.answered.by_name().into_keys()))
}
