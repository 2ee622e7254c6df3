//! Takes the messages of INVITE and BYE transactions in the order of the capture, gives the calls that are other legs of one call, never a guess without its reason.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::MessageRow;
use crate::base::{Time, seconds};

/// How far apart the first INVITEs of two legs may be: a back-to-back agent forwards at once, a queue or an announcement may wait.
const APART: i64 = seconds(30);

/// The same where nothing but the numbers ties them together.
const APART_BY_NUMBERS: i64 = seconds(3);

/// What one leg of a call tells of the call.
#[derive(Clone, Debug, Default)]
struct Keys {
    begun: Time,
    /// When it was over: its BYE, or a final response that refuses it.
    ended: Option<Time>,
    /// The identifiers of both ends (RFC 7989 §4), the nil one left out.
    session_ids: BTreeSet<String>,
    charging_ids: BTreeSet<String>,
    /// Addresses and ports where media is wanted.
    media: BTreeSet<(String, u16)>,
    /// The calling and the called number, digits only.
    numbers: Option<(String, String)>,
    hosts: (String, String),
}

/// Another leg of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Its Call-ID.
    pub call_id: String,
    /// Why it is taken for one.
    pub reason: String,
}

/// Looks for the other legs of one call. What it keeps is the keys of the calls that begin within half a minute of it.
#[derive(Clone, Debug)]
pub struct Legs {
    call_id: String,
    /// When the call itself began, once that was seen.
    begun: Option<Time>,
    clock: Time,
    calls: BTreeMap<String, Keys>,
    /// When those calls began, to forget them in order.
    order: BTreeSet<(Time, String)>,
}

impl Legs {
    /// Looks for the legs of the call with this Call-ID.
    #[must_use]
    pub fn of(call_id: &str) -> Self {
        Self { call_id: call_id.to_owned(), begun: None, clock: Time::MIN, calls: BTreeMap::new(), order: BTreeSet::new() }
    }

    /// Looks for the legs of another call instead: how the meaning of a shortened Call-ID is learnt.
    pub fn turn_to(&mut self, call_id: &str) {
        call_id.clone_into(&mut self.call_id);
        self.begun = self.calls.get(call_id).map(|keys| keys.begun);
    }

    /// Takes the next message.
    pub fn take(&mut self, row: &MessageRow) {
        let call_id = row.text(&row.call_id);
        if row.method == "BYE"
            && let Some(keys) = self.calls.get_mut(&*call_id)
        {
            keys.ended.get_or_insert(row.begun);
        }
        if row.method != "INVITE" || call_id.is_empty() {
            return;
        }
        self.clock = self.clock.max(row.begun);
        if !self.calls.contains_key(&*call_id) {
            let too_late = self.begun.is_some_and(|begun| row.begun.since(begun) > APART);
            if !row.request || row.to_tag.is_some() || too_late {
                return;
            }
            let call_id = call_id.clone().into_owned();
            self.order.insert((row.begun, call_id.clone()));
            self.calls.insert(call_id.clone(), Keys { begun: row.begun, numbers: numbers(row), hosts: hosts(row), ..Keys::default() });
            if call_id == self.call_id {
                self.begun = Some(row.begun);
            }
        }
        if let Some(keys) = self.calls.get_mut(&*call_id) {
            keys.learn(row);
        }
        let oldest = self.begun.unwrap_or(self.clock).plus(-APART);
        while self.order.first().is_some_and(|(begun, _)| *begun < oldest)
            && let Some((_, call_id)) = self.order.pop_first()
        {
            self.calls.remove(&call_id);
        }
    }

    /// The legs, in the order in which they began; those that are tied to a leg that is tied to the call among them.
    #[must_use]
    pub fn found(&self) -> Vec<Leg> {
        let Some(own) = self.calls.get(&self.call_id) else { return Vec::new() };
        let mut tied: Vec<&Keys> = vec![own];
        let mut found: BTreeMap<(Time, &str), String> = BTreeMap::new();
        let mut at = 0;
        while let Some(&known) = tied.get(at) {
            at += 1;
            for (call_id, keys) in &self.calls {
                let place = (keys.begun, call_id.as_str());
                if *call_id == self.call_id || found.contains_key(&place) {
                    continue;
                }
                // Numbers alone tell no second attempt between the same hosts from a leg.
                let is_attempt = tied.iter().any(|leg| leg.hosts == keys.hosts);
                if let Some(reason) = known.reason(keys).or_else(|| known.numbers_tie(keys).filter(|_| !is_attempt)) {
                    found.insert(place, reason);
                    tied.push(keys);
                }
            }
        }
        found.into_iter().map(|((_, call_id), reason)| Leg { call_id: call_id.to_owned(), reason }).collect()
    }
}

impl Keys {
    fn learn(&mut self, row: &MessageRow) {
        // A re-INVITE that is refused ends nothing, nor does a challenge; either may be taken for it, and costs a match, not a wrong one.
        if row.code.is_some_and(|code| code >= 300) {
            self.ended.get_or_insert(row.begun);
        } else if row.code.is_some_and(|code| code >= 200) {
            self.ended = None;
        }
        if let Some(value) = row.maybe(&row.session_id) {
            self.session_ids.extend(session_ids(&value));
        }
        self.charging_ids.extend(row.maybe(&row.charging_id).map(Cow::into_owned).filter(|id| !id.is_empty()));
        let wanted = row.media().into_iter().filter(|media| media.port > 0);
        let named = wanted.filter_map(|media| Some((media.address?, media.port)));
        self.media.extend(named.filter(|(address, _)| address != "0.0.0.0" && address != "::" && !address.ends_with(".invalid")));
    }

    /// Why another call is a leg of the same, beyond its numbers; the strongest reason.
    fn reason(&self, other: &Self) -> Option<String> {
        if let Some(id) = self.session_ids.intersection(&other.session_ids).next() {
            return Some(format!("same Session-ID {id}"));
        }
        if let Some(id) = self.charging_ids.intersection(&other.charging_ids).next() {
            return Some(format!("same icid-value {id}"));
        }
        let (address, port) = self.media.intersection(&other.media).next().filter(|_| self.may_be_leg(other))?;
        let address = if address.contains(':') { format!("[{address}]") } else { address.clone() };
        Some(format!("same media address {address}:{port}"))
    }

    /// Ports and numbers are used again, and a second attempt between the same hosts is another call.
    fn may_be_leg(&self, other: &Self) -> bool {
        let overlaps = |a: &Self, b: &Self| b.ended.is_none_or(|ended| a.begun <= ended);
        self.hosts != other.hosts && overlaps(self, other) && overlaps(other, self)
    }

    /// The weakest reason: the same numbers within seconds.
    fn numbers_tie(&self, other: &Self) -> Option<String> {
        let later = other.begun.since(self.begun);
        let (caller, callee) = self.numbers.as_ref().filter(|_| self.numbers == other.numbers && self.may_be_leg(other))?;
        let (gap, word) = (later.unsigned_abs() / 1_000_000, if later < 0 { "earlier" } else { "later" });
        (later.abs() <= APART_BY_NUMBERS).then(|| format!("same numbers {caller} → {callee}, {gap} ms {word}"))
    }
}

/// The identifiers in a Session-ID header: `local;remote=remote`.
fn session_ids(value: &str) -> impl Iterator<Item = String> {
    let parts = value.split(';').map(|part| part.trim().strip_prefix("remote=").unwrap_or(part.trim()).to_ascii_lowercase());
    parts.filter(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) && id.bytes().any(|b| b != b'0'))
}

fn hosts(row: &MessageRow) -> (String, String) {
    let host = |end: &str| end.rsplit_once(':').map_or(end, |(host, _)| host).to_owned();
    // On one machine ports tell agents apart.
    match (host(&row.source), host(&row.destination)) {
        (a, b) if a == b => (row.source.to_string(), row.destination.to_string()),
        hosts => hosts,
    }
}

/// The calling and the called number of an INVITE, where both are numbers of some length: short ones (a service, an extension) are dialled by many.
fn numbers(row: &MessageRow) -> Option<(String, String)> {
    let digits = |user: &str| -> Option<String> {
        let user = user.split(';').next().unwrap_or_default();
        let is_number = user.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'(' | b')'));
        let digits: String = user.chars().filter(char::is_ascii_digit).collect();
        (is_number && digits.len() >= 5).then_some(digits)
    };
    let caller = row.maybe(&row.asserted_user).or_else(|| row.maybe(&row.from_user))?;
    let uri = row.maybe(&row.uri)?;
    let called = uri.split_once(':').map(|(_, rest)| rest.split('@').next().unwrap_or(rest))?;
    Some((digits(&caller)?, digits(called)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::Description;
    use std::sync::Arc;

    fn invite(call_id: &str, at: i64, hosts: (&str, &str)) -> MessageRow {
        MessageRow {
            call_id: call_id.into(),
            begun: Time(seconds(at)),
            request: true,
            method: "INVITE".into(),
            source: format!("{}:5060", hosts.0).into(),
            destination: format!("{}:5060", hosts.1).into(),
            ..MessageRow::default()
        }
    }

    fn legs(rows: &[MessageRow]) -> Vec<(String, String)> {
        let mut legs = Legs::of("a");
        rows.iter().for_each(|row| legs.take(row));
        legs.found().into_iter().map(|leg| (leg.call_id, leg.reason)).collect()
    }

    const AB: (&str, &str) = ("192.0.2.1", "192.0.2.2");
    const BC: (&str, &str) = ("192.0.2.2", "192.0.2.3");

    /// RFC 7989 §10.1: the first INVITE knows only the caller's identifier, the forwarded one repeats it.
    #[test]
    fn one_session_identifier_ties_legs_and_the_nil_one_none() {
        let id = "ab30317f1a784dc48ff824d0d3715d86";
        let with = |row: MessageRow, value: String| MessageRow { session_id: Some(value.as_str().into()), ..row };
        let nil = "0".repeat(32);
        let rows = [
            with(invite("b", 0, BC), format!("{id};remote={nil}")),
            with(invite("a", 1, AB), format!("{id};remote={nil}")),
            with(invite("c", 2, BC), format!("{nil};remote={nil}")),
        ];
        assert_eq!(legs(&rows), [("b".to_owned(), format!("same Session-ID {id}"))]);
    }

    #[test]
    fn media_and_charging_identifiers_tie_legs_also_over_another_leg() {
        let media = |row: MessageRow, port: u16| MessageRow {
            description: Some(Arc::new(Description::parse(format!("c=IN IP4 192.0.2.9\r\nm=audio {port} RTP/AVP 8\r\n").as_bytes()))),
            ..row
        };
        let a = media(invite("a", 0, AB), 4000);
        let mut b = media(invite("b", 1, BC), 4000);
        b.charging_id = Some("x1".into());
        let c = MessageRow { charging_id: Some("x1".into()), ..invite("c", 2, AB) };
        let reasons = [("b".to_owned(), "same media address 192.0.2.9:4000".to_owned()), ("c".to_owned(), "same icid-value x1".to_owned())];
        assert_eq!(legs(&[a.clone(), b.clone(), c, media(invite("d", 3, BC), 4002)]), reasons);
        // The port of a call that is over, and a second call between the same hosts.
        let bye = MessageRow { method: "BYE".into(), ..invite("a", 1, AB) };
        let (again, later) = (media(invite("again", 0, AB), 4000), MessageRow { begun: Time(seconds(2)), ..b });
        assert_eq!(legs(&[a, again, bye, later]), []);
    }

    #[test]
    fn numbers_tie_legs_of_other_hosts_within_seconds() {
        let dial = |row: MessageRow| MessageRow { from_user: Some("+493012345".into()), uri: Some("sip:+44-20-555001@x".into()), ..row };
        let rows = [dial(invite("a", 0, AB)), dial(invite("again", 1, AB)), dial(invite("b", 2, BC)), dial(invite("late", 9, BC))];
        assert_eq!(legs(&rows), [("b".to_owned(), "same numbers 493012345 → 4420555001, 2000 ms later".to_owned())]);
    }

    /// Half a minute before and behind: what began earlier or later is forgotten.
    #[test]
    fn only_the_calls_of_a_minute_are_kept() {
        let mut legs = Legs::of("a");
        for n in 0..10_000 {
            legs.take(&invite(&format!("x{n}"), n, BC));
            assert!(legs.calls.len() <= 32);
        }
        legs.take(&invite("a", 10_000, AB));
        (10_000..20_000).for_each(|n| legs.take(&invite(&format!("y{n}"), n, BC)));
        assert!(legs.calls.len() <= 62, "{}", legs.calls.len());
    }
}
