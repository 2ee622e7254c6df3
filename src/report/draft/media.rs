//! Takes what SDP and streams said of media, gives the sections of `[media]`, never a key.

use super::sheet::{Opinion, Sheet, is_rare};
use crate::audit::{Seen, Sighting, Topic};
use crate::policy::{accepts, quoted};
use crate::report::figures::count;

/// Writes the sections of `[media]`.
pub(super) fn write(sheet: &mut Sheet<'_>, seen: &Seen) {
    let types = seen.of(Topic::MediaType);
    if types.is_empty() {
        return;
    }
    sheet.heading("[media.types]");
    sheet.say("default", "\"discouraged\"", "what was not seen");
    sheet.table("media.types", types, "m= line", |_, sighting| match is_rare(sighting.count, types.total()) {
        true => Opinion::Doubt("supported", "rare".to_owned()),
        false => Opinion::Write("supported"),
    });
    codecs(sheet, seen, "audio", Topic::AudioCodec);
    codecs(sheet, seen, "video", Topic::VideoCodec);
    sheet.heading("[media.dtmf]");
    let digits = sheet.entries("media.dtmf.methods", seen.of(Topic::DigitMethod), "mention", |_, _| None);
    sheet.list("methods", &digits, false);
    if !digits.is_empty() {
        sheet.say("level", "\"supported\"", "");
    }
    sheet.heading("[media.fax]");
    if let Some(image) = types.get("image") {
        sheet.say("t38", "\"supported\"", &sheet.seen(image, "m= line"));
    }
    sheet.heading("[media.transport]");
    for (name, sighting) in seen.of(Topic::MediaFeature).iter() {
        sheet.say(&name.replace('-', "_"), "\"supported\"", &sheet.seen(sighting, "mention"));
    }
    security(sheet, seen);
}

fn codecs(sheet: &mut Sheet<'_>, seen: &Seen, kind: &str, topic: Topic) {
    let codecs = seen.of(topic);
    if codecs.is_empty() {
        return;
    }
    sheet.heading(&format!("[media.{kind}]"));
    sheet.say("unlisted", "\"discouraged\"", "codecs that were not seen");
    let mut entries = Vec::new();
    for (name, sighting) in codecs.iter() {
        let mut parts = sighting.spelled.split('/');
        let (encoding, clock, channels) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let number = |text: Option<&str>| text.and_then(|t| t.parse::<u32>().ok()).filter(|n| *n > 0);
        let note = sheet.seen(sighting, "mention");
        if !accepts("media.audio.codec.name", encoding) {
            sheet.unwritable(&sighting.spelled, &note);
            continue;
        }
        let clock = number(clock).map_or_else(String::new, |hz| format!(", clock = {hz}"));
        let channels = number(channels).filter(|n| *n <= 255).map_or_else(String::new, |n| format!(", channels = {n}"));
        let (times, timed) = numbers(seen, Topic::PacketTime, name, 1..=10_000);
        let ptime = if times.is_empty() { String::new() } else { format!(", ptime_ms = [{}]", times.join(", ")) };
        let (_, types) = numbers(seen, Topic::PayloadType, name, 0..=127);
        let mut note = note;
        if !timed.is_empty() {
            note.push_str(&format!("; ms a packet: {timed}"));
        }
        if !types.is_empty() {
            note.push_str(&format!("; payload types {types}"));
        }
        let doubt = is_rare(sighting.count, codecs.total()).then(|| "rare".to_owned());
        entries.push((format!("{{ name = {}{clock}{channels}, level = \"supported\"{ptime} }}", quoted(encoding)), note, doubt));
    }
    sheet.untold(codecs.untold, "codec");
    sheet.list("codec", &entries, false);
}

/// The numbers that were seen with a codec, and the same with how often each was.
fn numbers(seen: &Seen, topic: Topic, codec: &str, range: std::ops::RangeInclusive<u32>) -> (Vec<String>, String) {
    let of = |name: &str| name.strip_prefix(codec).and_then(|rest| rest.strip_prefix(' ')).and_then(|n| n.parse::<u32>().ok());
    let mut found: Vec<(u32, &Sighting)> = seen.of(topic).iter().filter_map(|(name, s)| Some((of(name)?, s))).collect();
    found.retain(|(n, _)| range.contains(n));
    found.sort_by_key(|(n, _)| *n);
    let all: Vec<_> = found.iter().map(|(n, _)| n.to_string()).collect();
    let told: Vec<_> = found.iter().map(|(n, s)| format!("{n} ({})", count(s.count))).collect();
    (all, told.join(", "))
}

fn security(sheet: &mut Sheet<'_>, seen: &Seen) {
    let profiles = seen.of(Topic::MediaProfile);
    sheet.heading("[media.security]");
    match (profiles.get("secure"), profiles.get("clear")) {
        (Some(secure), None) => sheet.say("srtp", "\"required\"", &sheet.seen(secure, "m= line")),
        (Some(secure), Some(clear)) => {
            let note =
                format!("{}; {} in the clear, first in {}", sheet.seen(secure, "m= line"), count(clear.count), sheet.at(clear.first));
            sheet.say("srtp", "\"recommended\"", &note);
        }
        (None, Some(clear)) => {
            let note = format!("{}: media in the clear, speermint-baseline recommends SRTP", sheet.seen(clear, "m= line"));
            sheet.aside("srtp = \"supported\"", &note);
        }
        (None, None) => {}
    }
    let ways = sheet.entries("media.security.key_management", seen.of(Topic::KeyManagement), "m= line", |_, _| None);
    sheet.list("key_management", &ways, false);
    let suites = sheet.entries("media.security.srtp_suites", seen.of(Topic::SrtpSuite), "crypto line", |name, _| {
        (name.contains("null") || name.starts_with("f8")).then(|| "does not encrypt as anybody expects".to_owned())
    });
    sheet.list("srtp_suites", &suites, false);
    let hashes = sheet.entries("media.security.fingerprint_hashes", seen.of(Topic::FingerprintHash), "fingerprint", |name, _| {
        matches!(name, "md2" | "md5" | "sha-1").then(|| "too weak (RFC 8122 §5)".to_owned())
    });
    sheet.list("fingerprint_hashes", &hashes, false);
}
