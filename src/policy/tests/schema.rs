//! The schema that editors read takes what the loader takes, and refuses what it refuses.

use std::path::Path;

use serde_json::Value as Json;

use super::{EXAMPLE, KNOWN};
use crate::policy::{json_schema, profile, tree, written};

/// A policy as a JSON document.
fn instance(text: &str) -> Json {
    let (root, flaws) = tree::read(text, 0);
    assert!(flaws.is_empty(), "{flaws:?}");
    written::object(&root)
}

#[test]
fn the_schema_takes_every_policy_that_the_loader_takes() {
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let faults = |json: &Json| validator.iter_errors(json).map(|e| e.to_string()).collect::<Vec<_>>();
    assert_eq!(faults(&instance(EXAMPLE)), [""; 0]);
    let mut samples = 0;
    for entry in std::fs::read_dir("samples").unwrap() {
        let Ok(text) = std::fs::read_to_string(entry.unwrap().path().join("policy.toml")) else { continue };
        assert_eq!(faults(&instance(&text)), [""; 0]);
        samples += 1;
    }
    assert!(samples >= 10);
    for name in profile::names().chain(["defaults"]) {
        let text = std::fs::read_to_string(format!("src/policy/profiles/{name}.toml")).unwrap();
        let mut json = instance(&text);
        let root = json.as_object_mut().unwrap();
        root.remove("profile");
        root.insert("schema".into(), 1.into());
        assert_eq!(faults(&json), [""; 0], "{name}");
    }
}

/// Puts a key that nobody knows into one table after another.
fn misspell(json: &mut Json, left: &mut usize, path: &str) -> Option<String> {
    match json {
        Json::Object(map) => {
            // Names that the writer chooses have no end: maps of levels, of parameters, of peers and codecs.
            let open = ["methods", "option_tags", "params", "fmtp", "ioi", "codec_ie"].iter().any(|end| path.ends_with(end));
            if !open {
                if *left == 0 {
                    map.insert("no_such_key".into(), "x".into());
                    return Some(path.to_owned());
                }
                *left -= 1;
            }
            map.iter_mut().find_map(|(key, inner)| misspell(inner, left, &format!("{path}.{key}")))
        }
        Json::Array(list) => list.iter_mut().find_map(|inner| misspell(inner, left, path)),
        _ => None,
    }
}

#[test]
fn the_schema_refuses_a_key_that_nobody_knows_wherever_it_stands() {
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let mut tables = 0;
    loop {
        let mut json = instance(EXAMPLE);
        let Some(path) = misspell(&mut json, &mut { tables }, "") else { break };
        assert!(!validator.is_valid(&json), "an unknown key in [{path}] passes");
        tables += 1;
    }
    assert!(tables > 80, "{tables}");
}

#[test]
fn the_schema_refuses_values_that_the_loader_refuses() {
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    for wrong in [
        "sip.methods.REFER = \"never\"",
        "sip.transport.levels.pigeon = \"required\"",
        "performance.interval_s = 0",
        "security.tls.ports = [70000]",
        "sip.timers.t1_ms = \"500\"",
        "media.types.smell = \"required\"",
        "admission.limit = [{ id = \"a\", kind = \"attempts\", scope = \"pair\", value = 0, window_s = 1 }]",
        "peer = [{ name = \"nobody\" }]",
    ] {
        let text = format!("schema = 1\n{wrong}\n");
        assert!(crate::policy::Policy::parse(Path::new("p"), &text, KNOWN, crate::policy::Style::Plain).is_err(), "{wrong} loads");
        assert!(!validator.is_valid(&instance(&text)), "{wrong} passes the schema");
    }
}
