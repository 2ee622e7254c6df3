//! Takes rows, gives the words of a ladder for them, never where they stand on it.

use super::{Arrow, Bar};
use crate::audit::{CallRow, MediaLine, MessageRow, StreamRow};
use crate::report::figures::{count, counted, duration, short};

/// A message seen for the first time.
pub(super) fn arrow(row: &MessageRow, leg: usize) -> Arrow {
    Arrow {
        leg,
        label: label(row),
        request: row.request,
        code: row.code,
        sdp: sdp(row),
        times: 1,
        lasted: 0.0,
        mirrored: 0,
        transport: Some(row.transport.to_string()),
    }
}

fn label(row: &MessageRow) -> String {
    if row.request {
        // Whom it is to reach: inside a dialog the tags say that.
        let uri = row.maybe(&row.uri).filter(|_| row.to_tag.is_none() && !matches!(&*row.method, "ACK" | "CANCEL"));
        let user = uri.as_deref().and_then(user);
        return user.map_or_else(|| row.method.clone().into_owned(), |user| format!("{} {user}", row.method));
    }
    let code = row.code.map_or_else(|| "???".to_owned(), |code| code.to_string());
    let reason = row.maybe(&row.reason).unwrap_or_default();
    let of = if row.method == "INVITE" { String::new() } else { format!(" ({})", row.method) };
    format!("{code} {reason}{of}")
}

/// The user part of a URI.
fn user(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once(':')?;
    let user = if scheme.eq_ignore_ascii_case("tel") { rest } else { rest.split_once('@')?.0 };
    user.split([';', ':']).next().filter(|user| !user.is_empty())
}

fn sdp(row: &MessageRow) -> Vec<String> {
    let role = row.sdp.unwrap_or("SDP");
    row.media().iter().map(|media| format!("{role} {}", line(media))).collect()
}

/// `audio 192.0.2.1:4000 PCMA PCMU`, with the direction where it is not the usual one.
fn line(media: &MediaLine) -> String {
    if media.port == 0 {
        return format!("{} refused", media.kind);
    }
    let address = media.address.as_deref().unwrap_or("?");
    let address = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    let direction = if media.direction == "sendrecv" { String::new() } else { format!(" {}", media.direction) };
    let secure = if media.protocol.to_ascii_uppercase().contains("SAVP") { " SRTP" } else { "" };
    let codecs: String = media.codecs.iter().map(|codec| format!(" {}", codec.trim_end_matches("/8000"))).collect();
    format!("{} {address}:{}{direction}{secure}{codecs}", media.kind, media.port)
}

/// A stream.
pub(super) fn bar(row: &StreamRow) -> Bar {
    let packets = if row.kind == "MSRP" { "chunks" } else { "packets" };
    let mut quality = vec![format!("{} {packets}", count(row.packets))];
    if row.kind == "MSRP" {
        quality.push(format!("{} octets", count(row.payload_octets)));
    }
    quality.extend(row.failures.filter(|n| *n > 0).map(|n| format!("{} failed", count(n))));
    quality.extend(row.loss_pct.map(|loss| format!("loss {} %", short(loss))));
    quality.extend(row.recovered.filter(|n| *n > 0).map(|n| format!("{} of them recovered", count(n))));
    quality.extend(row.jitter_max_ms.map(|jitter| format!("jitter {jitter:.1} ms")));
    quality.extend(row.mos.map(|mos| format!("MOS {mos:.2}{}", if row.mos_scale == Some("wideband") { " (wideband)" } else { "" })));
    quality.extend(row.voiceband_after_s.map(|after| format!("voice-band data after {after:.1} s")));
    quality.extend(dialled(row));
    Bar {
        codec: row.codec.trim_end_matches("/8000").to_owned(),
        seconds: row.seconds,
        quality,
        ends: (row.source.clone(), row.destination.clone()),
    }
}

/// `4 telephone events of 110 ms on average, 2 packets of them twice`: which they were, nobody is told.
pub(in crate::report) fn dialled(row: &StreamRow) -> Option<String> {
    let mut text = counted(row.digits.filter(|n| *n > 0)?, "telephone event");
    if let Some(ms) = row.digits_mean_ms {
        text += &format!(" of {ms:.0} ms{}", if row.digits == Some(1) { "" } else { " on average" });
    }
    if let Some(unended) = row.digits_unended.filter(|n| *n > 0) {
        text += &format!(", {} without an end", count(unended));
    }
    if let Some(twice) = row.digits_duplicates.filter(|n| *n > 0) {
        text += &format!(", {} of them twice", counted(twice, "packet"));
    }
    Some(text)
}

/// What came of a call.
pub(super) fn summary(row: &CallRow) -> String {
    let who = |who: &Option<String>| who.clone().unwrap_or_else(|| "?".to_owned());
    let mut text = format!("{} → {}, {} → {}, {}", who(&row.caller), who(&row.callee), row.from, row.to, row.outcome);
    if let Some(code) = row.code.filter(|_| row.outcome == "failed") {
        text += &format!(" {code}");
    }
    if let Some(length) = row.duration_s {
        text += &format!(" for {}", duration(length));
    }
    text
}
