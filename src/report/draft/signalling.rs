//! Takes what messages said, gives the sections on SIP, identity and privacy, never a value of a header that names a person.

use super::sheet::{Opinion, Sheet, bare, counted, is_rare};
use crate::audit::{Measure, Seen, Sighting, Topic};
use crate::policy::{accepts, quoted};
use crate::report::figures::count;
use crate::sip::{HeaderName, Method};

/// Without so many session requests nothing is said of what all of them have.
const ENOUGH: u64 = 20;

/// What every INVITE has (RFC 3261 §8.1.1, §20): nobody need agree on it.
const MANDATORY: &[HeaderName] = &[
    HeaderName::CallId,
    HeaderName::Contact,
    HeaderName::ContentLength,
    HeaderName::ContentType,
    HeaderName::CSeq,
    HeaderName::From,
    HeaderName::MaxForwards,
    HeaderName::RecordRoute,
    HeaderName::Route,
    HeaderName::To,
    HeaderName::Via,
];

/// Private addresses that are told one by one.
const LEAKS: usize = 20;

/// Writes the sections of `[sip]`.
pub(super) fn write(sheet: &mut Sheet<'_>, seen: &Seen) {
    transport(sheet, seen);
    methods(sheet, seen);
    sheet.heading("[sip]");
    for (key, topic, noun) in [("event_packages", Topic::EventPackage, "request"), ("info_packages", Topic::InfoPackage, "request")] {
        let names = sheet.entries(&format!("sip.{key}"), seen.of(topic), noun, |_, _| None);
        sheet.list(key, &names, false);
    }
    headers(sheet, seen);
    tags(sheet, seen);
    timers(sheet, seen);
    bodies(sheet, seen);
    responses(sheet, seen);
    uris(sheet, seen);
}

fn transport(sheet: &mut Sheet<'_>, seen: &Seen) {
    let transports = seen.of(Topic::Transport);
    sheet.heading("[sip.transport.levels]");
    for (word, sighting) in transports.iter() {
        let note = sheet.seen(sighting, "message");
        if is_rare(sighting.count, transports.total()) {
            sheet.aside(&format!("{word} = \"supported\""), &format!("{note}: rare"));
            sheet.say(word, "\"discouraged\"", "until it is agreed, each is reported");
        } else {
            sheet.say(word, "\"supported\"", &note);
        }
    }
    for word in ["udp", "tcp", "sctp", "ws"].into_iter().filter(|word| transports.get(*word).is_none() && !transports.is_empty()) {
        sheet.say(word, "\"discouraged\"", "not seen");
    }
    if let Some(extent) = seen.extent(Measure::UdpLength).filter(|extent| extent.greatest.0 > 1300) {
        sheet.heading("[sip.transport]");
        let note = format!("the longest request over UDP, in {}: RFC 3261 §18.1.1 wants TCP above 1300", sheet.at(extent.greatest.1));
        sheet.aside(&format!("max_udp_bytes = {}", extent.greatest.0), &note);
    }
}

fn methods(sheet: &mut Sheet<'_>, seen: &Seen) {
    let methods = seen.of(Topic::Method);
    let total = methods.total();
    if methods.is_empty() {
        return;
    }
    sheet.heading("[sip.methods]");
    sheet.say("default", "\"discouraged\"", "what was not seen");
    sheet.table("sip.methods", methods, "request", |name, sighting| match Method::of(name.as_bytes()) {
        Method::Invite | Method::Bye => Opinion::Write("required"),
        Method::Ack | Method::Cancel | Method::Options | Method::Prack | Method::Update => Opinion::Write("supported"),
        Method::Register => Opinion::Doubt("supported", "nobody registers across a border (speermint-baseline forbids it)".to_owned()),
        Method::Other => Opinion::Doubt("supported", "not a registered method".to_owned()),
        _ if is_rare(sighting.count, total) => Opinion::Doubt("supported", "rare".to_owned()),
        _ => Opinion::Write("supported"),
    });
    // What a profile lists, the default does not reach.
    let common = [Method::Invite, Method::Ack, Method::Bye, Method::Cancel, Method::Options, Method::Register];
    for method in Method::REGISTERED.iter().filter(|m| !common.contains(m) && methods.get(m.name()).is_none()) {
        sheet.say(method.name(), "\"discouraged\"", "not seen");
    }
}

fn headers(sheet: &mut Sheet<'_>, seen: &Seen) {
    let opening = seen.of(Topic::OpeningHeader);
    let invites = seen.of(Topic::Offer).total();
    let all = seen.of(Topic::Header);
    let is_private = |name: &str| name.starts_with("p-") || name.starts_with("x-");
    let mut entries = Vec::new();
    let entry = |name: &str, when: &str, level: &str| {
        let method = if when == "initial-request" { ", methods = [\"INVITE\"]" } else { "" };
        format!("{{ name = {}, when = \"{when}\"{method}, level = \"{level}\" }}", quoted(name))
    };
    for (name, sighting) in opening.iter().filter(|(_, s)| invites >= ENOUGH && s.count >= invites) {
        let id = HeaderName::of(name.as_bytes());
        if !MANDATORY.contains(&id) && accepts("sip.header.name", &sighting.spelled) {
            let note = format!("in every INVITE that opens a session: {}", sheet.seen(sighting, "header"));
            entries.push((entry(&sighting.spelled, "initial-request", "recommended"), note, None));
        }
    }
    for (name, sighting) in all.iter().filter(|(name, _)| !MANDATORY.contains(&HeaderName::of(name.as_bytes()))) {
        let note = sheet.seen(sighting, "header");
        if !accepts("sip.header.name", &sighting.spelled) {
            sheet.unwritable(&sighting.spelled, &note);
            continue;
        }
        let line = entry(&sighting.spelled, "any", "supported");
        let id = HeaderName::of(name.as_bytes());
        let charging = matches!(id, HeaderName::PChargingFunctionAddresses | HeaderName::PDcsBillingInfo);
        let doubt = match id {
            _ if charging => Some("charging data that stay inside a network (RFC 7315 §5.2)".to_owned()),
            HeaderName::PAccessNetworkInfo | HeaderName::PVisitedNetworkId | HeaderName::Geolocation => {
                Some("tells a location: agree on it before it is let through".to_owned())
            }
            _ if is_private(name) && is_rare(sighting.count, seen.of(Topic::Transport).total()) => Some("private, and rare".to_owned()),
            _ => None,
        };
        entries.push((line, note, doubt));
    }
    sheet.untold(all.untold, "header");
    sheet.list("header", &entries, false);
}

fn tags(sheet: &mut Sheet<'_>, seen: &Seen) {
    let (demanded, supported) = (seen.of(Topic::DemandedTag), seen.of(Topic::SupportedTag));
    if demanded.is_empty() && supported.is_empty() {
        return;
    }
    sheet.heading("[sip.option_tags]");
    sheet.say("default", "\"discouraged\"", "what was not seen");
    sheet.table("sip.option_tags", demanded, "demand", |_, sighting| match is_rare(sighting.count, demanded.total()) {
        true => Opinion::Doubt("supported", "rare".to_owned()),
        false => Opinion::Write("supported"),
    });
    for (name, sighting) in supported.iter().filter(|(name, _)| demanded.get(&***name).is_none()) {
        let note = format!("only in Supported: {}", sheet.seen(sighting, "header"));
        if accepts("sip.option_tags", &sighting.spelled) {
            sheet.say(&bare(&sighting.spelled), "\"supported\"", &note);
        } else {
            sheet.unwritable(name, &note);
        }
    }
    sheet.untold(supported.untold, "tag");
}

fn timers(sheet: &mut Sheet<'_>, seen: &Seen) {
    sheet.heading("[sip.session_timer]");
    if let Some(extent) = seen.extent(Measure::SessionExpires) {
        let note = |sheet: &Sheet<'_>, (value, at)| format!("Session-Expires: {value} in {}", sheet.at(at));
        sheet.say("level", "\"supported\"", &counted(extent.count, "request"));
        // RFC 4028 §4: no less than 90 seconds; and no more than a policy can hold.
        let (low, high) = (note(sheet, extent.least), note(sheet, extent.greatest));
        match extent.least.0 {
            low_s if low_s < 90 => sheet.aside(&format!("min_s = {low_s}"), &format!("{low}: RFC 4028 §4 allows no less than 90")),
            low_s => sheet.say("min_s", &low_s.min(u32::MAX.into()).to_string(), &low),
        }
        match u32::try_from(extent.greatest.0) {
            Ok(high_s) if high_s >= 90 => sheet.say("max_s", &high_s.to_string(), &high),
            _ => sheet.aside(&format!("max_s = {}", extent.greatest.0), &high),
        }
    }
    sheet.heading("[sip.dialog]");
    let offers = seen.of(Topic::Offer);
    match (offers.get("without"), offers.get("with")) {
        (Some(late), _) if !is_rare(late.count, offers.total()) => {
            let note = format!("of {}: {}", counted(offers.total(), "INVITE"), sheet.seen(late, "INVITE without an offer"));
            sheet.say("late_offer", "\"supported\"", &note);
        }
        (Some(late), _) => {
            let note = format!("{}: rare", sheet.seen(late, "INVITE without an offer"));
            sheet.aside("late_offer = \"supported\"", &note);
        }
        (None, Some(early)) => sheet.say("late_offer", "\"discouraged\"", &format!("not seen in {}", counted(early.count, "INVITE"))),
        (None, None) => {}
    }
}

fn bodies(sheet: &mut Sheet<'_>, seen: &Seen) {
    if seen.of(Topic::Header).is_empty() {
        return;
    }
    sheet.heading("[sip.headers]");
    sheet.say("unlisted_private", "\"discouraged\"", "P- and X- headers that are not in sip.header");
    let bodies = seen.of(Topic::BodyType);
    let rare = |_: &str, s: &Sighting| is_rare(s.count, bodies.total()).then(|| "rare".to_owned());
    let listed = sheet.entries("sip.headers.body_types", bodies, "message", rare);
    sheet.list("body_types", &listed, false);
    if let Some(hops) = seen.extent(Measure::MaxForwards) {
        let (low, high) = (hops.least.0, hops.greatest.0);
        let note =
            format!("{}: {low} in {}, {high} in {}", counted(hops.count, "request"), sheet.at(hops.least.1), sheet.at(hops.greatest.1));
        let (min, max) = (low.clamp(1, 255), high.clamp(1, 255));
        sheet.say("max_forwards", &format!("{{ min = {min}, max = {max} }}"), &note);
        if (min, max) != (low, high) {
            sheet.remark("Max-Forwards of 0 or above 255 breaks RFC 3261 §20.22: not allowed above");
        }
    }
}

fn responses(sheet: &mut Sheet<'_>, seen: &Seen) {
    let codes = seen.of(Topic::Status);
    if codes.is_empty() {
        return;
    }
    sheet.heading("[sip.responses.levels]");
    sheet.say("default", "\"discouraged\"", "what was not seen");
    for (code, sighting) in codes.iter() {
        let note = sheet.seen(sighting, "response");
        match &**code {
            _ if !accepts("sip.responses.levels", code) => sheet.unwritable(code, &note),
            "305" | "380" => {
                let note = format!("{note}: forbidden in speermint-baseline, lowered so that each is still reported");
                sheet.say(&quoted(code), "\"discouraged\"", &note);
            }
            _ => sheet.say(&quoted(code), "\"supported\"", &note),
        }
    }
}

fn uris(sheet: &mut Sheet<'_>, seen: &Seen) {
    sheet.heading("[sip.uri]");
    let schemes = seen.of(Topic::Scheme);
    let rare = |_: &str, s: &Sighting| is_rare(s.count, schemes.total()).then(|| "rare".to_owned());
    let listed = sheet.entries("sip.uri.schemes", schemes, "Request-URI", rare);
    sheet.list("schemes", &listed, false);
    let hosts = seen.of(Topic::HostForm);
    match (hosts.get("address"), hosts.get("name")) {
        (Some(bare), _) if is_rare(bare.count, hosts.total()) => {
            sheet.aside("host_form = \"any\"", &format!("{}: rare", sheet.seen(bare, "URI with an address")));
        }
        (Some(bare), _) => {
            let note = format!(
                "of {} {} an address instead of a name, first in {}",
                counted(hosts.total(), "URI"),
                count(bare.count),
                sheet.at(bare.first)
            );
            sheet.say("host_form", "\"any\"", &note);
        }
        (None, Some(name)) => sheet.say("host_form", "\"fqdn\"", &sheet.seen(name, "URI")),
        (None, None) => {}
    }
    let numbers = seen.of(Topic::NumberForm);
    match (numbers.get("local"), numbers.get("global")) {
        (Some(local), global) => {
            let others = global.map_or(0, |s| s.count);
            let note = format!("{}, {} in global form", sheet.seen(local, "number in local form"), count(others));
            sheet.say("number_format", "\"any\"", &note);
        }
        (None, Some(global)) if global.count >= ENOUGH => {
            sheet.say("number_format", "\"e164-global\"", &sheet.seen(global, "number"));
        }
        _ => {}
    }
}

/// Writes `[identity]` and `[privacy]`.
pub(super) fn write_rest(sheet: &mut Sheet<'_>, seen: &Seen) {
    let (opening, invites) = (seen.of(Topic::OpeningHeader), seen.of(Topic::Offer).total());
    sheet.heading("[identity]");
    for (key, name) in [("pai", "p-asserted-identity"), ("stir.identity_header", "identity")] {
        let Some(sighting) = opening.get(name) else { continue };
        let note = format!("in {} of {}, first in {}", count(sighting.count), counted(invites, "INVITE"), sheet.at(sighting.first));
        let level = if invites >= ENOUGH && sighting.count >= invites { "recommended" } else { "supported" };
        sheet.say(key, &quoted(level), &note);
    }
    sheet.heading("[privacy]");
    let leaks = seen.of(Topic::PrivateAddress);
    if leaks.is_empty() && !seen.of(Topic::Transport).is_empty() {
        sheet.say("topology_hiding", "\"recommended\"", "no private address behind a public one was seen");
    }
    for (place, sighting) in leaks.iter().take(LEAKS) {
        let address = place.rsplit(' ').next().unwrap_or_default();
        let note =
            format!("{}: topology that shows across the border", sheet.seen(sighting, &format!("message with {}", sighting.spelled)));
        sheet.aside(&format!("internal_cidrs = [{}]", quoted(address)), &note);
    }
    let rest = (leaks.iter().skip(LEAKS).count() as u64).saturating_add(leaks.untold);
    if rest > 0 {
        sheet.remark(&format!("and {}", counted(rest, "more private address")));
    }
    if let Some(vias) = seen.extent(Measure::Vias) {
        sheet.say(
            "max_via",
            &vias.greatest.0.to_string(),
            &format!("{}, most in {}", counted(vias.count, "request"), sheet.at(vias.greatest.1)),
        );
    }
}
