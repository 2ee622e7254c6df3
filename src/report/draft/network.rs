//! Takes how messages were carried and TLS connections, gives the sections on networks and TLS, never a cipher that anyone can read.

use super::sheet::{Sheet, is_rare};
use crate::audit::{Seen, Sighting, Topic};
use crate::policy::quoted;
use crate::transport::tls::{Class, suite_named};

/// TLS versions as a policy writes them, the lowest first.
const VERSIONS: [(&str, &str); 5] = [("ssl 3.0", "1.0"), ("tls 1.0", "1.0"), ("tls 1.1", "1.1"), ("tls 1.2", "1.2"), ("tls 1.3", "1.3")];

/// Writes `[connectivity]` and `[security.tls]`.
pub(super) fn write(sheet: &mut Sheet<'_>, seen: &Seen) {
    connectivity(sheet, seen);
    tls(sheet, seen);
}

fn connectivity(sheet: &mut Sheet<'_>, seen: &Seen) {
    sheet.heading("[connectivity]");
    let versions = sheet.entries("connectivity.ip_versions", seen.of(Topic::IpVersion), "mention", |_, _| None);
    sheet.list("ip_versions", &versions, false);
    let ways = seen.of(Topic::Encapsulation);
    let alone = ways.iter().count() == 1;
    for (way, sighting) in ways.iter() {
        let note = sheet.seen(sighting, "message");
        if alone {
            sheet.say("encapsulation", &quoted(way), &note);
        } else {
            sheet.aside(&format!("encapsulation = {}", quoted(way)), &format!("{note}: others were carried otherwise"));
        }
    }
    if alone && ways.get("vlan").is_some() {
        let ids: Vec<_> = (seen.of(Topic::Vlan).iter())
            .filter(|(id, _)| id.parse().is_ok_and(|id: u16| (1..=4094).contains(&id)))
            .map(|(id, s)| (id.to_string(), sheet.seen(s, "message"), None))
            .collect();
        sheet.list("vlan_ids", &ids, false);
    }
    marks(sheet, seen);
}

fn marks(sheet: &mut Sheet<'_>, seen: &Seen) {
    let classes = [("signaling", Topic::SignalingDscp, "message"), ("audio", Topic::AudioDscp, "stream")];
    for (class, topic, noun) in classes {
        let total = seen.of(topic).total();
        let marks: Vec<(&str, &Sighting)> = seen.of(topic).iter().map(|(mark, s)| (&**mark, s)).collect();
        let note = |sheet: &Sheet<'_>, (mark, s): &(&str, &Sighting)| format!("{mark}: {}", sheet.seen(s, noun));
        let notes: Vec<_> = marks.iter().map(|mark| note(sheet, mark)).collect();
        let kept: Vec<_> = marks.iter().filter(|(_, s)| !is_rare(s.count, total)).map(|(mark, _)| quoted(mark)).collect();
        match marks.as_slice() {
            [] => {}
            [("0", _)] => sheet.aside(&format!("dscp.{class} = [\"0\"]"), &format!("{}: not marked at all", notes.join("; "))),
            _ => sheet.say(&format!("dscp.{class}"), &format!("[{}]", kept.join(", ")), &notes.join("; ")),
        }
    }
}

fn tls(sheet: &mut Sheet<'_>, seen: &Seen) {
    sheet.heading("[security.tls]");
    let versions = seen.of(Topic::TlsVersion);
    let known = VERSIONS.iter().filter_map(|(seen, written)| Some((*written, versions.get(*seen)?)));
    for (n, (version, sighting)) in known.enumerate() {
        let note = sheet.seen(sighting, "connection");
        match version {
            "1.0" | "1.1" => sheet.aside(&format!("min_version = \"{version}\""), &format!("{note}: forbidden by RFC 8996")),
            _ if n == 0 => sheet.say("min_version", &quoted(version), &note),
            _ => sheet.remark(&format!("TLS {version}: {note}")),
        }
    }
    let weak = |name: &str, _: &Sighting| {
        let suite = suite_named(name)?;
        let bad = [Class::Null, Class::Anon, Class::Rc4, Class::Export, Class::Lt112];
        suite.classes().find(|class| bad.contains(class)).map(|class| format!("{}, which RFC 9325 §4.1 forbids", class.word()))
    };
    let suites = sheet.entries("security.tls.allowed_suites", seen.of(Topic::TlsSuite), "connection", weak);
    sheet.list("allowed_suites", &suites, false);
    let ports: Vec<_> = (seen.of(Topic::TlsPort).iter())
        .filter(|(port, _)| port.parse().is_ok_and(|port: u16| port > 0))
        .map(|(port, s)| (port.to_string(), sheet.seen(s, "connection"), None))
        .collect();
    sheet.list("ports", &ports, false);
    let certificates = seen.of(Topic::ClientCertificate);
    match (certificates.get("shown"), certificates.get("not shown")) {
        (Some(shown), None) => sheet.say("mutual_auth", "\"required\"", &sheet.seen(shown, "connection")),
        (shown, Some(bare)) => {
            let with = shown.map_or(0, |s| s.count);
            let note = format!("{} without a certificate of the client, {with} with one", sheet.seen(bare, "connection"));
            sheet.aside("mutual_auth = \"required\"", &format!("{note}: agree on it once both sides show one"));
        }
        (None, None) => {}
    }
}
