//! How layers become one agreement, worked out by hand (`standards.md` §6.3).

use super::load;
use crate::policy::mistake::Mistakes;
use crate::policy::source::Source;
use crate::policy::{Level, Party, Policy, Style, profile, schema, tree, validate};

const A: Party = Party::Declared(0);
const B: Party = Party::Declared(1);

const PEERS: &str = "schema = 1\npeer = [{ id = \"a\" }, { id = \"b\", trunk_group = [{ id = \"t\", extends = [\"sipconnect-2.0\"] }] }]\n";

#[test]
fn later_profiles_win_and_the_file_wins_over_them() {
    // i3forum: pai recommended, MESSAGE forbidden; 29.165: pai required, MESSAGE supported.
    let text = "schema = 1\npolicy.extends = [\"ii-nni-29.165\", \"i3forum-voice\"]\nsip.methods.MESSAGE = \"discouraged\"";
    let policy = load(text);
    let t = policy.global();
    assert_eq!(t.identity.pai.as_ref().unwrap().value, Level::Recommended);
    assert_eq!(t.sip.methods.get("MESSAGE").unwrap().value, Level::Discouraged);
    assert_eq!(t.sip.methods.get("PUBLISH").unwrap().value, Level::Supported, "of the earlier profile only");
    let swapped = load("schema = 1\npolicy.extends = [\"i3forum-voice\", \"ii-nni-29.165\"]");
    assert_eq!(swapped.global().identity.pai.as_ref().unwrap().value, Level::Required);
    assert_eq!(swapped.global().sip.methods.get("MESSAGE").unwrap().value, Level::Supported);
    assert_eq!(swapped.profiles, ["i3forum-voice@1", "ii-nni-29.165@1"]);
}

#[test]
fn lists_are_replaced_or_edited() {
    let hashes = |text: &str| load(&format!("schema = 1\n[media.security]\nfingerprint_hashes = {text}")).global().media.security.clone();
    let value = |text| hashes(text).fingerprint_hashes.unwrap().value;
    // The built-in list is sha-256, sha-384, sha-512.
    assert_eq!(value("[\"sha-1\"]"), ["sha-1"]);
    assert_eq!(value("{ add = [\"sha-224\"] }"), ["sha-256", "sha-384", "sha-512", "sha-224"]);
    assert_eq!(value("{ add = [\"sha-256\"], remove = [\"sha-384\"] }"), ["sha-256", "sha-512"]);
    assert_eq!(hashes("{ remove = [\"sha-512\"] }").fingerprint_hashes.unwrap().from.line, Some(3), "the edit is what was agreed last");
}

#[test]
fn entries_are_replaced_by_their_identity() {
    let text = r#"schema = 1
policy.extends = ["sipconnect-2.0"]
[[media.audio.codec]]
name = "pcma"
level = "forbidden"
[[media.audio.codec]]
name = "telephone-event"
clock = 16000
level = "required"
[[sip.header]]
name = "User-Agent"
level = "forbidden"
[[sip.header]]
name = "user-agent"
when = "response"
level = "supported"
"#;
    let policy = load(text);
    let codecs: Vec<_> = policy.global().media.audio.codecs.iter().map(|c| (c.name.as_str(), c.clock, c.level.value)).collect();
    let telephone_event = [("telephone-event", 8000, Level::Required), ("telephone-event", 16000, Level::Required)];
    assert_eq!(codecs[..2], [("PCMU", 8000, Level::Recommended), ("pcma", 0, Level::Forbidden)], "no clock means every clock");
    assert_eq!(codecs[2..], telephone_event);
    assert!(policy.global().media.audio.codecs[1].ptime_ms.is_none(), "an entry replaces the inherited one as a whole");
    assert_eq!(policy.global().sip.headers.len(), 2, "another occasion, another entry");
}

#[test]
fn direction_then_profiles_of_the_trunk_group_then_its_direction() {
    let text = format!(
        "{PEERS}identity.pai = \"supported\"\n
        [[direction]]\nfrom = \"a\"\nto = \"b\"\nextends = [\"i3forum-voice\"]\nidentity.ppi = \"forbidden\"\nsip.uri.host_form = \"any\"
        [[direction]]\nfrom = \"a\"\nto = \"b\"\ntrunk_group = \"t\"\nidentity.pai = \"discouraged\""
    );
    let policy = load(&text);
    let trunk = Some(crate::policy::TrunkId { peer: 1, group: 0 });
    let pai = |from, to, trunk| policy.terms(from, to, trunk).identity.pai.as_ref().map(|c| c.value);
    let host = |from, to, trunk| policy.terms(from, to, trunk).sip.uri.host_form.as_ref().map(|c| c.value.clone());
    assert_eq!(pai(B, A, None), Some(Level::Supported), "nothing said: global");
    assert_eq!(pai(B, A, trunk), Some(Level::Required), "the trunk group's profile");
    assert_eq!(pai(A, B, None), Some(Level::Recommended), "the direction's profile");
    assert_eq!(pai(A, B, trunk), Some(Level::Discouraged), "the narrowest says it itself");
    assert_eq!(
        (host(A, B, None).as_deref(), host(A, B, trunk).as_deref()),
        (Some("any"), Some("fqdn")),
        "the trunk group's profile comes later"
    );
    assert_eq!(policy.terms(A, B, trunk).identity.ppi.as_ref().unwrap().value, Level::Forbidden, "inherited from the direction");
}

#[test]
fn built_in_fragments_fit_the_schema_and_tell_their_basis() {
    const PROFILE: &[schema::Field] = &[];
    let mut sources = Vec::new();
    let built_in = profile::BuiltIn::read(&mut sources);
    for (source, layer) in sources.iter().zip(std::iter::once(built_in.defaults()).chain(profile::names().map(|n| built_in.profile(n)))) {
        let mut layer = layer.unwrap().clone();
        let about = layer.remove("profile").map(|entry| entry.node.table().unwrap().clone());
        let mut mistakes = Mistakes::default();
        validate::check(&layer, &[schema::SECTIONS, PROFILE], &mut mistakes);
        assert!(mistakes.is_empty(), "{}", mistakes.render(source, Style::Plain));
        let Some(about) = about else {
            assert_eq!(&*source.name, "built-in defaults");
            continue;
        };
        let text = |key| tree::text(&about, key).unwrap();
        assert_eq!(&*source.name, format!("profile {}@{}", text("name"), text("version")));
        assert!(text("basis").starts_with("inspired by "));
    }
    assert_eq!(sources.len(), 8);
}

#[test]
fn without_a_policy_the_baseline_holds_and_hosts_stand_for_themselves() {
    let policy = Policy::baseline();
    let ip = "192.0.2.1".parse().unwrap();
    assert_eq!((policy.id.as_str(), policy.party(ip)), ("speermint-baseline", Party::Host(ip)));
    assert_eq!(policy.profiles, ["speermint-baseline@1"]);
    let t = policy.terms(Party::Host(ip), Party::Host(ip), None);
    assert_eq!(t.sip.methods.get("REGISTER").unwrap().value, Level::Forbidden);
    assert_eq!(t.sip.methods.get("FOO"), None);
    assert_eq!(t.sip.transport.max_udp_bytes.as_ref().unwrap().value, 1300);
}

#[test]
fn a_policy_of_200_peers_and_1000_prefixes_loads_and_attributes() {
    let mut text = "schema = 1\n".to_owned();
    for n in 0..200 {
        text.push_str(&format!("[[peer]]\nid = \"p{n}\"\n"));
        for k in 0..5 {
            let element = if k < 3 { "sbe" } else { "dbe" };
            let lines = "  roles = [\"ingress\", \"egress\"]\n";
            text.push_str(&format!("  [[peer.{element}]]\n  name = \"e{k}\"\n  addresses = [\"10.{n}.{k}.0/24\"]\n{lines}"));
        }
    }
    for n in 0..199 {
        text.push_str(&format!("[[direction]]\nfrom = \"p{n}\"\nto = \"p{}\"\nsip.timers.t1_ms = {}\n", n + 1, 100 + n));
    }
    assert!(text.lines().count() > 4900);
    let policy = load(&text);
    let owner = |ip: [u8; 4]| policy.party(ip.into());
    assert_eq!(
        (owner([10, 7, 4, 255]), owner([10, 7, 5, 0]), owner([10, 199, 0, 0])),
        (Party::Declared(7), Party::Unknown, Party::Declared(199))
    );
    assert_eq!(policy.terms(Party::Declared(150), Party::Declared(151), None).sip.timers.t1_ms.as_ref().unwrap().value, 250);
    assert_eq!(policy.terms(Party::Declared(151), Party::Declared(150), None).sip.timers.t1_ms.as_ref().unwrap().value, 500);
    assert!(Source::new("x", &text).line(4900).is_some());
}
