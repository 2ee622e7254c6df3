//! The complete example of the schema: every section, its values and the lines that they come from.

use std::net::IpAddr;
use std::path::Path;

use super::{EXAMPLE, load};
use crate::base::{Endpoint, Time, Transport};
use crate::policy::{
    BreachFacts, Clause, Cover, Level, LimitKind, LimitScope, Party, Policy, Provenance, Role, Severity, TrunkFacts, TrunkId, When,
};

const ALPHA: Party = Party::Declared(0);
const BRAVO: Party = Party::Declared(1);

/// The line of the example that holds `text`, from 1; the first after `section` where one is given.
fn line(section: &str, text: &str) -> Option<u32> {
    let after = EXAMPLE.find(section).unwrap();
    let at = after + EXAMPLE[after..].find(text).unwrap();
    Some(u32::try_from(EXAMPLE[..at].matches('\n').count()).unwrap() + 1)
}

fn assert_from(from: &Provenance, path: &str, line: Option<u32>) {
    assert_eq!((&*from.source, &*from.path, from.line), ("dir/policy.toml", path, line));
}

fn value<T: Clone>(clause: &Option<Clause<T>>) -> Option<T> {
    clause.as_ref().map(|c| c.value.clone())
}

#[test]
fn the_agreement_and_its_peers() {
    let policy = load(EXAMPLE);
    assert_eq!((policy.id.as_str(), policy.revision, policy.fail_on), ("alpha-bravo-interconnect", 7, Severity::High));
    assert_eq!(policy.profiles, ["speermint-baseline@1", "rfc8862-secure@1"]);
    assert_eq!(policy.pairs, [(0, 1)]);
    // 2026-07-01 is day 20,635 of the epoch.
    assert_eq!(value(&policy.effective_from), Some(Time(20_635 * 86_400 * 1_000_000_000)));
    assert_from(&policy.effective_until.unwrap().from, "policy.effective_until", line("", "effective_until"));
    let [alpha, bravo] = policy.peers.as_slice() else { panic!() };
    assert_eq!((alpha.id.as_str(), alpha.name.as_str(), alpha.ssp_domains.len()), ("alpha", "Alpha Telecom AG", 2));
    assert_eq!(alpha.e164_prefixes.to_vec(), ["+4930", "+4989", "+49151"]);
    assert_eq!(alpha.sbe[0].ports[&Transport::Tls], [5061]);
    assert!(alpha.sbe[0].ports[&Transport::Udp].is_empty() && !alpha.sbe[1].ports.contains_key(&Transport::Udp));
    assert_eq!((alpha.sbe[1].roles.as_slice(), alpha.sbe[1].for_peers.as_slice()), (&[Role::Egress][..], &["bravo".to_owned()][..]));
    assert_eq!((bravo.dbe[0].ports, bravo.dbe[0].addresses[0].to_string()), (Some((20000, 29999)), "198.51.100.128/25".to_owned()));
    assert_from(&bravo.sbe[0].from, "peer.bravo.sbe.bravo-sbe-lon", line("Bravo Voice Ltd", "[[peer.sbe]]"));
    assert_eq!(policy.sha256.unwrap().len(), 64);
}

#[test]
#[allow(clippy::float_cmp)] // The numbers stand in the file as they are compared.
fn every_section_has_its_values() {
    let policy = load(EXAMPLE);
    let t = policy.global();
    assert_eq!(value(&t.connectivity.ip_versions), Some(vec![4, 6]));
    // RFC 2474: CS3 is 24, CS5 is 40; RFC 2597: AF41 is 34.
    assert_eq!(
        (t.connectivity.dscp["signaling"].value.as_slice(), t.connectivity.dscp["video"].value.as_slice()),
        (&[24, 40][..], &[34][..])
    );
    assert_eq!(value(&t.tls.min_version), Some(0x0303));
    assert_eq!(value(&t.tls.trusted_cas).unwrap()[0], Path::new("dir/ca/peering-ca-2025.pem"));
    assert_eq!(value(&t.ipsec_endpoints), Some(vec![]));
    assert_eq!(t.sip.transport.levels[&Transport::TlsSctp].value, Level::Forbidden);
    assert_eq!(t.sip.transport.keepalive.as_ref().unwrap().method.value, "options");
    assert_eq!((t.sip.timers.t1(), value(&t.sip.timers.t2_ms)), (500_000_000, Some(4000)));
    let refer = t.sip.methods.get("REFER").unwrap();
    assert_eq!(refer.value, Level::Forbidden);
    assert_from(&refer.from, "sip.methods.REFER", line("[sip.methods]", "REFER"));
    assert_eq!(t.sip.methods.get("PING").unwrap().value, Level::Forbidden, "default");
    assert_eq!(t.sip.option_tags.entries["100rel"].value, Level::Supported);
    assert_eq!((value(&t.sip.session_timer.min_s), value(&t.sip.late_offer)), (Some(600), Some(Level::Discouraged)));
    assert_eq!((t.sip.rfc_groups.len(), t.sip.rfc_groups[1].rfcs.as_slice()), (2, &[7044, 4458][..]));
    assert_eq!((value(&t.sip.max_forwards_min), value(&t.sip.max_forwards_max)), (Some(10), Some(70)));
    assert_eq!((t.sip.headers.len(), t.sip.headers[0].when, t.sip.headers[1].when), (4, When::InitialRequest, When::Any));
    assert_eq!(t.sip.responses.entries["305"].value, Level::Forbidden);
    assert_eq!(t.sip.reason.as_ref().unwrap().protocols, ["Q.850"]);
    assert_eq!(value(&t.sip.uri.special_numbers).unwrap().to_vec(), ["112", "999", "116*"]);
    assert_eq!(t.media.types.get("video").unwrap().value, Level::Forbidden);
    let codecs: Vec<_> = t.media.audio.codecs.iter().map(|c| (c.name.as_str(), c.clock)).collect();
    assert_eq!(codecs[..2], [("PCMA", 8000), ("PCMU", 8000)]);
    assert_eq!((codecs.len(), t.media.audio.codecs[4].fmtp["annexb"].value.as_str()), (7, "no"));
    let g722 = &t.media.audio.codecs[2].level;
    assert_from(&g722.from, "media.audio.codec.G722.level", line("\"G722\"", "level"));
    assert_eq!((value(&t.media.dtmf.events).unwrap(), value(&t.media.fax.version).unwrap()), ("0-15".to_owned(), vec![0, 3]));
    assert_eq!((value(&t.media.t140), value(&t.media.im.msrp_tls)), (Some(Level::Forbidden), Some(Level::Required)));
    assert_eq!((value(&t.media.presence.pidf_only), value(&t.media.transport.no_media_s)), (Some(true), Some(5.0)));
    assert_eq!(value(&t.media.security.key_management).unwrap(), ["dtls-srtp"]);
    assert_eq!(value(&t.identity.diversion_headers).unwrap(), ["History-Info", "Diversion"]);
    assert_eq!((value(&t.identity.emergency_level), value(&t.identity.stir.min_attest)), (Some(Level::Forbidden), Some("B".to_owned())));
    assert_eq!(value(&t.identity.stir.cert_dir).unwrap(), Path::new("dir/stir-certs/"));
    assert!(t.privacy.banner_pattern.as_ref().unwrap().value.is_match(b"FreeSWITCH-mod_sofia/1.10"));
    assert_eq!(t.accounting.ioi["bravo"].value, "bravo.example");
    assert_eq!((value(&t.accounting.fas_ms), value(&t.admission.require_declared_sbe)), (Some(300), Some(true)));
    let limit = &t.admission.limits[2];
    assert_eq!(
        (limit.kind, limit.scope, limit.key.as_deref(), limit.value.value),
        (LimitKind::Attempts, LimitScope::Source, Some("caller"), 10.0)
    );
    assert_eq!((value(&t.performance.srd_success_s.p95), value(&t.performance.options_consecutive)), (Some(3.0), Some(3)));
    assert_eq!((value(&t.performance.loss.value), value(&t.performance.mos.value)), (Some(1.0), Some(3.6)));
    assert_eq!(t.performance.codec_ie["AMR/12.2"].value.bpl, Some(10.0));
    assert_eq!((value(&t.metrics.timeout_counts_as), value(&t.capture.redact_numbers)), (Some(408), Some("last4".to_owned())));
    assert_eq!(value(&t.report.report_unused), Some(true));
}

#[test]
fn values_know_the_layer_they_come_from() {
    let policy = load(EXAMPLE);
    let t = policy.global();
    let publish = &t.sip.methods.entries["PUBLISH"].from;
    assert_eq!(policy.source_line(publish), Some("PUBLISH   = \"forbidden\""));
    let mky = t.identity.stir.mky.as_ref().unwrap();
    assert_eq!(&*mky.from.source, "profile rfc8862-secure@1");
    assert!(policy.source_line(&mky.from).unwrap().starts_with("mky             = \"required\""));
    let ack = &t.sip.methods.entries["ACK"].from;
    assert_eq!(&*ack.source, "profile speermint-baseline@1");
    assert_eq!(
        (&*Policy::baseline().global().metrics.count_unit.as_ref().unwrap().from.source, policy.source_line(ack)),
        ("built-in defaults", Some("ACK       = \"supported\""))
    );
}

#[test]
fn header_patterns_are_for_the_whole_value() {
    let policy = load(EXAMPLE);
    let pai = policy.global().sip.headers[0].pattern.as_ref().unwrap();
    assert!(pai.value.is_match(b"\"A\" <sip:+4930123456@alpha.example;user=phone>"));
    assert!(
        !pai.value.is_match(b"<sip:+4930123456@alpha.example>, <tel:+4930123456>") && !pai.value.is_match(b"<sip:alice@alpha.example>")
    );
}

#[test]
fn directions_and_trunk_groups_narrow_what_is_agreed() {
    let policy = load(EXAMPLE);
    let mobile = Some(TrunkId { peer: 0, group: 1 });
    let legacy = Some(TrunkId { peer: 1, group: 0 });
    let back = policy.terms(BRAVO, ALPHA, None);
    assert_eq!(value(&back.sip.uri.special_numbers).unwrap().to_vec(), ["112", "116*", "118*"]);
    assert_eq!(value(&back.identity.stir.min_attest).unwrap(), "C");
    assert_from(&back.performance.ser_pct.as_ref().unwrap().from, "performance.signaling.ser_pct", line("[[direction]]", "ser_pct"));
    // The limit of this id is replaced as a whole, in its place; the others are inherited.
    let limits: Vec<_> = back.admission.limits.iter().map(|l| (l.id.as_str(), l.value.value, l.warn_at)).collect();
    assert_eq!(limits[..2], [("concurrent-per-direction", 300.0, None), ("cps", 40.0, None)]);
    assert_eq!(limits.len(), 6);
    // alpha → bravo has no plain entry: only the trunk group differs.
    assert_eq!(policy.terms(ALPHA, BRAVO, None).sip.methods, policy.global().sip.methods);
    let narrow = policy.terms(ALPHA, BRAVO, mobile);
    let tags = &narrow.sip.option_tags.entries;
    assert_eq!(
        (tags["precondition"].value, tags["100rel"].value, tags["timer"].value),
        (Level::Supported, Level::Required, Level::Supported)
    );
    // ii-nni-29.165 is laid upon the file's global sections here.
    assert_eq!(narrow.sip.methods.get("PRACK").unwrap().value, Level::Required);
    assert_eq!(&*narrow.sip.methods.get("MESSAGE").unwrap().from.source, "profile ii-nni-29.165@1");
    assert_eq!(narrow.sip.transport.levels[&Transport::Udp].value, Level::Supported);
    // bravo's trunk group brings its profile into both directions, upon the direction's own terms.
    for (from, to, attest) in [(BRAVO, ALPHA, "C"), (ALPHA, BRAVO, "B")] {
        let terms = policy.terms(from, to, legacy);
        assert_eq!(value(&terms.media.security.key_management).unwrap(), ["sdes", "dtls-srtp"]);
        assert_eq!(value(&terms.identity.stir.min_attest).unwrap(), attest);
    }
    assert_eq!(value(&policy.terms(Party::Unknown, BRAVO, legacy).sip.uri.number_format).unwrap(), "e164-global");
    assert!(std::ptr::eq(policy.terms(Party::Unknown, ALPHA, None), policy.global()));
}

#[test]
fn addresses_belong_to_peers_and_calls_to_trunk_groups() {
    let policy = load(EXAMPLE);
    let owner = |ip: &str| policy.party(ip.parse().unwrap());
    assert_eq!((owner("192.0.2.16"), owner("192.0.2.31"), owner("192.0.2.127"), owner("2001:db8:a:20::9")), (ALPHA, ALPHA, ALPHA, ALPHA));
    assert_eq!(
        (owner("192.0.2.15"), owner("192.0.2.32"), owner("2001:db8:a:11::"), owner("::ffff:0:0")),
        (Party::Unknown, Party::Unknown, Party::Unknown, Party::Unknown)
    );
    assert_eq!((owner("198.51.100.32"), owner("198.51.100.255"), owner("198.51.100.64")), (BRAVO, BRAVO, Party::Unknown));
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let facts = TrunkFacts {
        source: ip("192.0.2.24"),
        destination: ip("198.51.100.33"),
        port: 5060,
        tgrp: None,
        trunk_context: None,
        caller: Some("+4915112345"),
        callee: Some("+442012345"),
        vlan: None,
    };
    let trunk = |facts: TrunkFacts<'_>| policy.trunk(ALPHA, BRAVO, &facts);
    assert_eq!(trunk(facts), Some(TrunkId { peer: 0, group: 1 }), "the sender's first");
    assert_eq!(trunk(TrunkFacts { caller: Some("+4930"), ..facts }), Some(TrunkId { peer: 1, group: 0 }), "then the receiver's");
    assert_eq!(trunk(TrunkFacts { caller: None, port: 5061, ..facts }), None);
    let retail = TrunkFacts { tgrp: Some("retail"), trunk_context: Some("alpha.example"), ..facts };
    assert_eq!(trunk(retail), Some(TrunkId { peer: 0, group: 0 }), "in file order");
    assert_eq!(trunk(TrunkFacts { trunk_context: None, caller: None, port: 1, ..retail }), None, "all conditions");
}

#[test]
fn rules_and_waivers_hold_where_they_say() {
    let policy = load(EXAMPLE);
    assert_eq!(policy.severity("SDP-OA-005", (Severity::Low, None), ALPHA, BRAVO), None);
    assert_eq!(policy.severity("PRV-TOPO-003", (Severity::Info, None), BRAVO, ALPHA), Some(Severity::Low));
    assert_eq!(policy.severity("PRV-TOPO-003", (Severity::Info, None), ALPHA, BRAVO), Some(Severity::Info));
    // What an entry says caps a sub-case, and raises none that is lighter than its rule.
    assert_eq!(policy.severity("PRV-TOPO-003", (Severity::Info, Some(Severity::High)), BRAVO, ALPHA), Some(Severity::Low));
    assert_eq!(policy.severity("PRV-TOPO-003", (Severity::Medium, Some(Severity::Info)), BRAVO, ALPHA), Some(Severity::Info));
    let time = |text: &str| Time(i64::try_from(text.parse::<jiff::Timestamp>().unwrap().as_nanosecond()).unwrap());
    let end = |text: &str| Some(Endpoint::new(text.parse().unwrap(), 5060));
    let facts = BreachFacts {
        rule: "SIG-TRANSPORT-001",
        severity: Severity::Critical,
        time: time("2026-11-14T10:00:00Z"),
        from: BRAVO,
        to: ALPHA,
        offender: Some(BRAVO),
        trunk_group: Some("bravo-legacy"),
        source: end("198.51.100.40"),
        destination: end("192.0.2.17"),
        method: Some("INVITE"),
        status: None,
        codec: None,
        header: None,
        caller: None,
        callee: None,
    };
    let [legacy, tcp, maintenance] = policy.waivers.as_slice() else { panic!() };
    assert_eq!(tcp.covers(&facts), Cover::Waives, "critical, named by its id");
    assert_eq!(legacy.covers(&facts), Cover::No, "another rule");
    assert_eq!(tcp.covers(&BreachFacts { source: end("198.51.100.48"), ..facts }), Cover::No);
    assert_eq!(tcp.covers(&BreachFacts { source: None, ..facts }), Cover::No, "not known is not fulfilled");
    assert_eq!(tcp.covers(&BreachFacts { time: time("2026-12-31T23:59:59Z"), ..facts }), Cover::Waives);
    assert_eq!(tcp.covers(&BreachFacts { time: time("2027-01-01T00:00:00Z"), ..facts }), Cover::Expired);
    assert_eq!(tcp.covers(&BreachFacts { time: time("2026-06-30T23:59:59Z"), ..facts }), Cover::NotYetGranted);
    let slow = BreachFacts { rule: "PRF-SER-001", severity: Severity::Medium, time: time("2026-11-14T02:00:00Z"), ..facts };
    assert_eq!(maintenance.covers(&slow), Cover::Waives);
    assert_eq!(maintenance.covers(&BreachFacts { severity: Severity::Critical, ..slow }), Cover::No, "critical, named by a glob");
    assert_eq!(maintenance.covers(&BreachFacts { time: time("2026-11-14T06:00:00Z"), ..slow }), Cover::No, "outside its window");
    assert_eq!((tcp.max_findings, tcp.from.line), (Some(5000), line("id      = \"W-003\"", "[[waiver]]")));
}
