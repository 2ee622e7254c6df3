//! What a policy comes to and why, and what differs between two.

use std::path::Path;

use super::{EXAMPLE, KNOWN, load};
use crate::policy::tree::{self, Table, Value};
use crate::policy::{Difference, Document, Reading, Weight, built_in, differences, profile, written};

fn document(text: &str) -> Document {
    Document::parse(Path::new("policy.toml"), text, KNOWN).unwrap_or_else(|error| panic!("{error}"))
}

fn line_of(text: &str) -> Option<u32> {
    Some(u32::try_from(EXAMPLE[..EXAMPLE.find(text).unwrap()].matches('\n').count()).unwrap() + 1)
}

#[test]
fn what_is_shown_loads_as_a_policy_and_means_the_same() {
    let first = document(EXAMPLE).sheet(Reading::default());
    let again = document(&first.toml).sheet(Reading::default());
    let values = |settings: &[crate::policy::Setting]| settings.iter().map(|s| (s.path.clone(), s.value.clone())).collect::<Vec<_>>();
    assert_eq!(values(&first.settings), values(&again.settings));
    assert!(first.settings.len() > 200, "{}", first.settings.len());
    assert!(first.toml.contains("inspired by draft-ietf-speermint-requirements-01"));
    let policy = load(&first.toml);
    assert_eq!((policy.peers.len(), policy.waivers.len(), policy.profiles.len()), (2, 3, 0));
}

#[test]
fn each_value_shows_its_layer() {
    let document = document(EXAMPLE);
    let sheet = document.sheet(document.reading(Some(("bravo", "alpha")), None).unwrap());
    let get = |path: &str| sheet.settings.iter().find(|s| s.path == path).unwrap();
    assert_eq!(
        (get("identity.stir.min_attest").written.as_str(), &*get("identity.stir.min_attest").layer),
        ("\"C\"", "direction bravo → alpha")
    );
    assert_eq!(get("sip.methods.REFER").from.line, line_of("REFER     = \"forbidden\""));
    assert_eq!(&*get("sip.methods.ACK").from.source, "profile speermint-baseline@1");
    assert_eq!(get("admission.limit.concurrent-per-direction.value").value, 300);
    assert!(document.reading(Some(("bravo", "alhpa")), None).unwrap_err().to_string().contains("did you mean alpha?"));
    assert!(document.reading(None, Some("nowhere")).is_err() && document.reading(Some(("alpha", "alpha")), None).is_err());
}

#[test]
fn an_explanation_names_the_layers_that_a_value_beat() {
    let document = document(EXAMPLE);
    let of = |key: &str, reading| document.explain(key, reading).unwrap();
    let refer = of("sip.methods.REFER", Reading::default());
    let layers: Vec<_> = refer.values[0].layers.iter().map(|l| (&*l.from.source, l.written.as_str())).collect();
    assert_eq!(layers, [("policy.toml", "\"forbidden\""), ("profile speermint-baseline@1", "\"supported\"")]);
    assert_eq!(refer.meaning, "Levels of methods");
    let bravo = document.reading(Some(("bravo", "alpha")), None).unwrap();
    let numbers = of("sip.uri.special_numbers", bravo);
    assert_eq!(numbers.values[0].holds.value, serde_json::json!(["112", "116*", "118*"]));
    assert_eq!(numbers.values[0].layers.iter().map(|l| l.edits).collect::<Vec<_>>(), [true, false]);
    assert!(of("media.audio.codec.PCMA", Reading::default()).values.len() >= 4);
    assert!(of("sip.session_timer", Reading::default()).values.iter().any(|v| v.holds.path == "sip.session_timer.min_s"));
    assert!(of("media.video.preference", Reading::default()).values.is_empty());
    let error = document.explain("sip.method", Reading::default()).unwrap_err().to_string();
    assert!(error.contains("no policy may write sip.method"), "{error}");
}

#[test]
fn profiles_show_what_they_are_inspired_by() {
    for name in profile::names() {
        let sheet = built_in(name).unwrap();
        assert_eq!(sheet.title[0], format!("profile {name}@1"));
        assert!(sheet.title[1].starts_with("inspired by ") && sheet.toml.contains("inspired by "), "{name}");
        assert!(!sheet.settings.is_empty(), "{name}");
    }
    assert!(built_in("speermint-baseline@1").is_some() && built_in("speermint-baseline@2").is_none() && built_in("defaults").is_some());
}

fn between(first: &str, second: &str) -> Vec<Difference> {
    let whole = |text: &str| document(&format!("schema = 1\n{text}\n"));
    differences(&whole(first), &whole(second))
}

fn found(first: &str, second: &str) -> Vec<(Weight, String, String)> {
    between(first, second).into_iter().map(|d| (d.weight, d.path, d.what)).collect()
}

#[track_caller]
fn gives(first: &str, second: &str, weight: Weight, path: &str, what: &str) {
    for (a, b) in [(first, second), (second, first)] {
        let found = found(a, b);
        assert!(found.contains(&(weight, path.to_owned(), what.to_owned())), "{found:?}");
        assert!(found.iter().all(|(w, ..)| *w <= weight), "{found:?}");
    }
}

#[test]
fn a_policy_does_not_differ_from_itself() {
    assert!(differences(&document(EXAMPLE), &document(EXAMPLE)).is_empty());
}

#[test]
fn what_breaks_is_told_apart_from_what_is_refused() {
    let required_forbidden = "one side requires what the other forbids";
    gives(
        "sip.methods = { PRACK = \"required\" }",
        "sip.methods = { default = \"forbidden\" }",
        Weight::Breaks,
        "sip.methods.PRACK",
        required_forbidden,
    );
    gives(
        "sip.methods = { REFER = \"supported\" }",
        "sip.methods = { REFER = \"forbidden\" }",
        Weight::Refused,
        "sip.methods.REFER",
        "one side allows what the other forbids",
    );
    gives(
        "sip.option_tags = { 100rel = \"required\" }",
        "sip.option_tags = { 100rel = \"forbidden\" }",
        Weight::Breaks,
        "sip.option_tags.100rel",
        required_forbidden,
    );
    gives(
        "media.security.srtp = \"required\"",
        "media.security.srtp = \"forbidden\"",
        Weight::Breaks,
        "media.security.srtp",
        required_forbidden,
    );
    gives(
        "media.security.key_management = [\"sdes\"]",
        "media.security.key_management = [\"dtls-srtp\"]",
        Weight::Breaks,
        "media.security.key_management",
        "nothing in common",
    );
    gives(
        "security.tls.min_version = \"1.3\"",
        "security.tls.min_version = \"1.2\"",
        Weight::Refused,
        "security.tls.min_version",
        "one side refuses what is below 1.3",
    );
    gives(
        "sip.headers.body_types = [\"application/sdp\", \"application/isup\"]",
        "sip.headers.body_types = [\"application/sdp\"]",
        Weight::Refused,
        "sip.headers.body_types",
        "only one side allows application/isup",
    );
    gives(
        "sip.uri.host_form = \"fqdn\"",
        "sip.uri.host_form = \"any\"",
        Weight::Refused,
        "sip.uri.host_form",
        "one side refuses what is not fqdn",
    );
    gives(
        "accounting.charging_vector = \"required\"",
        "",
        Weight::Note,
        "accounting.charging_vector",
        "one side requires what the other does not promise",
    );
    gives(
        "identity.pai = \"required\"",
        "identity.pai = \"discouraged\"",
        Weight::Note,
        "identity.pai",
        "one side wants what the other discourages",
    );
}

#[test]
fn a_response_is_judged_by_its_class_where_it_is_not_listed() {
    let (a, b) =
        ("sip.responses.levels = { 302 = \"required\" }", "sip.responses.levels = { 3xx = \"forbidden\", default = \"supported\" }");
    gives(a, b, Weight::Breaks, "sip.responses.levels.302", "one side requires what the other forbids");
}

#[test]
fn nothing_in_common_is_said_of_transports_codecs_and_ranges() {
    let transports = |word: &str| format!("sip.transport.levels = {{ {word} = \"required\" }}");
    let found = found(&transports("tls"), &transports("udp"));
    assert!(found.contains(&(Weight::Breaks, "sip.transport.levels".into(), "no transport in common".into())), "{found:?}");
    let codec = |name: &str| {
        format!(
            "media.audio = {{ unlisted = \"forbidden\", codec = [{{ name = \"{name}\", clock = 8000, level = \"supported\" }}, {{ name = \"telephone-event\", clock = 8000, level = \"required\" }}] }}"
        )
    };
    let apart = between(&codec("PCMA"), &codec("G729"));
    let none = apart.iter().find(|d| d.what == "no audio codec in common").unwrap();
    assert_eq!(
        (none.weight, none.path.as_str(), none.directions.as_slice()),
        (Weight::Breaks, "media.audio", &["every direction".to_owned()][..])
    );
    // Names of codecs are compared in any case.
    assert!(between(&codec("PCMA"), &codec("pcma")).is_empty());
    let timer = |low: u32, high: u32| format!("sip.session_timer = {{ min_s = {low}, max_s = {high} }}");
    assert!(between(&timer(1800, 3600), &timer(90, 900)).iter().any(|d| d.what == "no session interval suits both"));
    assert!(!between(&timer(600, 3600), &timer(90, 900)).iter().any(|d| d.weight == Weight::Breaks));
}

#[test]
fn limits_are_compared_by_what_they_limit() {
    let limit = |id: &str, value: u32| {
        format!("admission.limit = [{{ id = \"{id}\", kind = \"concurrent\", scope = \"direction\", value = {value} }}]")
    };
    gives(
        &limit("calls", 600),
        &limit("sessions", 300),
        Weight::Refused,
        "admission.limit.concurrent/direction.value",
        "one side refuses what is above 300",
    );
    assert!(between(&limit("calls", 600), &limit("sessions", 600)).is_empty());
}

#[test]
fn a_difference_names_the_directions_that_it_holds_for() {
    let peers = "peer = [{ id = \"a\", sbe = [] }, { id = \"b\", sbe = [] }]\n";
    let first = format!("{peers}identity.pai = \"required\"");
    let second =
        format!("{peers}identity.pai = \"required\"\ndirection = [{{ from = \"b\", to = \"a\", identity = {{ pai = \"forbidden\" }} }}]");
    let found = between(&first, &second);
    assert_eq!(found.iter().map(|d| (d.weight, d.directions.join(" "))).collect::<Vec<_>>(), [(Weight::Breaks, "b → a".to_owned())]);
    assert_eq!(found[0].second[0].layer, "direction b → a");
    let everywhere = between(&first, &format!("{peers}identity.pai = \"forbidden\""));
    assert_eq!(everywhere[0].directions, ["every direction"]);
}

#[test]
fn a_default_that_a_profile_outlives_is_hinted_at() {
    let hints =
        |methods: &str| document(&format!("schema = 1\npolicy.extends = [\"speermint-baseline\"]\nsip.methods = {{ {methods} }}")).hints();
    let [hint] = &hints("default = \"forbidden\", INFO = \"supported\"")[..] else { panic!() };
    assert!(hint.starts_with("line 3: ") && hint.contains("MESSAGE, NOTIFY, PRACK, PUBLISH, REFER, SUBSCRIBE, UPDATE"), "{hint}");
    assert!(hints("default = \"supported\"").is_empty());
    assert!(document("schema = 1\nsip.methods.default = \"forbidden\"").hints().is_empty());
    assert!(document(EXAMPLE).hints().is_empty());
}

#[test]
fn a_tree_written_as_toml_reads_as_the_same_tree() {
    let (root, _) = tree::read(EXAMPLE, 0);
    let text = written::document(&root, crate::policy::schema::ROOT, &|_| String::new());
    let (again, flaws) = tree::read(&text, 0);
    assert!(flaws.is_empty(), "{flaws:?}");
    let json = |table: &Table| written::json(&tree::Node { value: Value::Table(table.clone()), at: tree::Place::default() });
    assert_eq!(json(&root), json(&again));
}
