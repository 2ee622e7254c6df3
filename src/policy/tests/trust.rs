//! Files of authorities that a policy names.

use std::fs;

use super::{Error, KNOWN, Policy, Style};
use crate::certificate::workshop::PEERING_CA;

/// What is said of the files that `trusted_cas` names, where only `good.pem` is a list of authorities.
fn with_files(trusted_cas: &str) -> Result<Policy, String> {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("ca")).unwrap();
    fs::write(dir.path().join("ca/good.pem"), PEERING_CA).unwrap();
    fs::write(dir.path().join("ca/empty.pem"), "").unwrap();
    fs::write(dir.path().join("ca/key.pem"), "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n").unwrap();
    let text = format!("schema = 1\n[policy]\nid = \"x\"\n[security.tls]\ntrusted_cas = {trusted_cas}\n");
    let policy = Policy::parse(&dir.path().join("policy.toml"), &text, KNOWN, Style::Plain).unwrap();
    policy.with_files(Style::Plain).map_err(|error| match error {
        Error::Policy { report } => report,
        other => panic!("{other}"),
    })
}

#[test]
fn authorities_are_read_from_where_the_policy_stands() {
    let policy = with_files("[\"ca/good.pem\"]").unwrap();
    let subjects: Vec<&str> = policy.anchors(policy.global()).unwrap().iter().map(|c| c.subject.as_str()).collect();
    assert_eq!(subjects, ["CN=Peering CA"]);
    assert!(Policy::baseline().anchors(Policy::baseline().global()).is_none());
}

#[test]
fn every_file_that_cannot_be_used_is_told_at_once_where_it_is_named() {
    let report = with_files("[\n  \"ca/good.pem\",\n  \"ca/missing.pem\",\n  \"ca/empty.pem\",\n  \"ca/key.pem\",\n]").unwrap_err();
    // Wrapped lines are one line again.
    let report = report.replace("\n  | ", " ");
    assert!(report.ends_with("policy.toml: 3 mistakes"), "{report}");
    for (line, what) in [(7, "missing.pem"), (8, "holds no certificate"), (9, "holds a private key")] {
        assert!(report.contains(what) && report.contains(&format!("policy.toml:{line}:")), "{what}: {report}");
    }
}

#[test]
fn a_suite_of_another_name_is_a_mistake_with_a_guess() {
    let text = "schema = 1\n[policy]\nid = \"x\"\n[security.tls]\nallowed_suites = [\"TLS_AES_128_GCM_SHA265\"]\n";
    let Err(Error::Policy { report }) = Policy::parse("policy.toml".as_ref(), text, KNOWN, Style::Plain) else { panic!() };
    assert!(report.contains("TLS_AES_128_GCM_SHA256"), "{report}");
}

#[test]
fn certificates_of_signers_are_read_from_a_directory_beside_the_policy() {
    let read = |files: &[(&str, &str)]| {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("stir/certs.alpha.example")).unwrap();
        fs::write(dir.path().join("root.pem"), PEERING_CA).unwrap();
        files.iter().for_each(|(name, text)| fs::write(dir.path().join("stir").join(name), text).unwrap());
        let stir = "[identity.stir]\ncert_dir = \"stir\"\ntrust_anchors = [\"root.pem\"]\n";
        let text = format!("schema = 1\n[policy]\nid = \"x\"\n{stir}");
        let policy = Policy::parse(&dir.path().join("policy.toml"), &text, KNOWN, Style::Plain).unwrap();
        policy.with_files(Style::Plain)
    };
    let policy = read(&[("certs.alpha.example/a.pem", PEERING_CA), ("notes.txt", "not a certificate")]).unwrap();
    let held = policy.signers(policy.global()).unwrap().find("https://certs.alpha.example/a.pem").unwrap();
    assert_eq!(held.trust, Some(crate::certificate::Trust::Agreed(vec![0])));
    let Err(Error::Policy { report }) = read(&[("certs.alpha.example/a.pem", "nothing")]) else { panic!() };
    let report = report.replace("\n  | ", " ");
    assert!(report.contains("a.pem: holds no certificate") && report.contains("policy.toml:5:"), "{report}");
}
