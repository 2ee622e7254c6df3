//! Takes the rows of a call and its legs, gives who stands where and what happened in which order, never how it looks.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};

use super::{Broken, Column, Ladder, LadderLeg, Note, Rows, Rung, What, parts};
use crate::audit::{BreachRow, Finding, Leg, MessageRow, StreamRow};
use crate::base::Time;

/// Which rungs show a frame.
type Shown = HashMap<(u32, u32), Vec<usize>>;

/// What makes two sightings one message: its call, its ends, and what it says.
type Same<'a> = (Cow<'a, str>, &'a str, &'a str, (bool, &'a str, Option<u16>, Option<u32>, Option<Cow<'a, str>>, Option<Cow<'a, str>>));

/// The hosts of a ladder.
#[derive(Default)]
struct Hosts {
    columns: Vec<Column>,
    places: HashMap<String, usize>,
    /// Whether one host plays several agents, so that ports tell them apart.
    by_port: bool,
    /// Which column named an address for media.
    named: HashMap<String, usize>,
}

impl Hosts {
    fn key(&self, end: &str) -> String {
        match end.parse::<SocketAddr>() {
            Ok(address) if !self.by_port => address.ip().to_string(),
            _ => end.to_owned(),
        }
    }

    fn column(&mut self, end: &str, party: &str) -> usize {
        let address = self.key(end);
        if let Some(&at) = self.places.get(&address) {
            return at;
        }
        // The name of an inferred side is the address of its first host, which may be another.
        let party = if party == "unknown" || party.parse::<IpAddr>().is_ok() { "" } else { party };
        self.places.insert(address.clone(), self.columns.len());
        self.columns.push(Column { party: party.to_owned(), address, media_of: None });
        self.columns.len() - 1
    }

    /// The column of a media address: where hosts are told apart by their ports, that of the agent which named it.
    fn of_media(&mut self, end: &str, party: &str) -> usize {
        let named = self.named.get(end).copied();
        if let Some(at) = named.filter(|_| self.by_port) {
            return at;
        }
        let (known, at) = (self.columns.len(), self.column(end, party));
        if at == known
            && let Some(column) = self.columns.get_mut(at)
        {
            column.media_of = named;
        }
        at
    }
}

pub(super) fn ladder(call_id: &str, legs: &[Leg], rows: Rows, findings: &[Finding], captures: &[String]) -> Ladder {
    let Rows { mut messages, mut streams, calls, breaches } = rows;
    messages.sort_by_key(|row| (row.time, row.capture, row.frame, row.index));
    streams.sort_by(|a, b| (a.begun, a.capture, a.frame, &a.ssrc).cmp(&(b.begun, b.capture, b.frame, &b.ssrc)));
    let own = LadderLeg { call_id: call_id.to_owned(), ..LadderLeg::default() };
    let others =
        legs.iter().map(|leg| LadderLeg { call_id: leg.call_id.clone(), reason: Some(leg.reason.clone()), ..LadderLeg::default() });
    let mut legs: Vec<LadderLeg> = std::iter::once(own).chain(others).collect();
    for leg in &mut legs {
        let mut requests: Vec<_> = calls.iter().filter(|row| row.call_id == leg.call_id).collect();
        requests.sort_by_key(|row| row.order());
        leg.summary = requests.first().map(|row| parts::summary(row)).unwrap_or_default();
    }
    let host = |end: &str| end.parse::<SocketAddr>().map(|end| end.ip());
    let by_port = messages.iter().any(|row| host(&row.source).is_ok() && host(&row.source) == host(&row.destination));
    let mut hosts = Hosts { by_port, ..Hosts::default() };
    let many = captures.len() > 1;
    let at = |capture: u32, frame: u32| (if many { capture + 1 } else { 0 }, frame);

    let (mut rungs, mut shown) = arrows(&messages, &legs, &mut hosts, &at);
    for row in &streams {
        let rung = bar(row, &mut hosts, &at);
        rung.place.into_iter().for_each(|place| shown.entry(place).or_default().push(rungs.len()));
        rungs.push(rung);
    }
    let mut notes = Vec::new();
    for breach in breaches.iter().map(|row| Breach::of(row, findings, &at)) {
        place(breach, &legs, &mut rungs, &mut shown, &mut notes);
    }
    for rung in &mut rungs {
        rung.broken.sort();
        rung.broken.dedup();
    }
    rungs.sort_by_key(|rung| (rung.time, order(rung), rung.place));
    let mut before: Option<Time> = None;
    for rung in &mut rungs {
        rung.delta = before.map(|before| rung.time.seconds_since(before));
        before = Some(rung.time);
    }
    let transport = messages.first().map(|row| row.transport.to_string()).filter(|one| messages.iter().all(|row| row.transport == *one));
    if transport.is_some() {
        rungs.iter_mut().for_each(|rung| {
            if let What::Message(arrow) = &mut rung.what {
                arrow.transport = None;
            }
        });
    }
    notes.extend(summed(&rungs));
    notes.sort_by(|a: &Note, b: &Note| (&a.broken, &a.places).cmp(&(&b.broken, &b.places)));
    let captures = if many { captures.to_vec() } else { Vec::new() };
    Ladder { legs, columns: hosts.columns, rungs, notes, captures, transport }
}

/// At one moment a message comes before the media that it allows.
const fn order(rung: &Rung) -> u8 {
    match rung.what {
        What::Message(_) => 0,
        What::Media(_) => 1,
        What::Breach => 2,
    }
}

fn same(row: &MessageRow) -> Same<'_> {
    let says = (row.request, &*row.method, row.code, row.cseq, row.maybe(&row.branch), row.maybe(&row.to_tag));
    (row.text(&row.call_id), &row.source, &row.destination, says)
}

/// The messages, each once: what was sent again or tapped twice is counted where it was first seen.
fn arrows(messages: &[MessageRow], legs: &[LadderLeg], hosts: &mut Hosts, at: &impl Fn(u32, u32) -> (u32, u32)) -> (Vec<Rung>, Shown) {
    let (mut rungs, mut shown): (Vec<Rung>, Shown) = Default::default();
    let mut first: HashMap<Same<'_>, usize> = HashMap::new();
    for row in messages {
        let (from, to) = (hosts.column(&row.source, &row.from), hosts.column(&row.destination, &row.to));
        for media in row.media() {
            if let (Some(address), true) = (&media.address, media.port > 0) {
                let end = if address.contains(':') { format!("[{address}]:{}", media.port) } else { format!("{address}:{}", media.port) };
                hosts.named.entry(end).or_insert(from);
            }
        }
        let place = at(row.capture, row.frame);
        if row.seen != "first"
            && let Some(&n) = first.get(&same(row))
            && let Some(rung) = rungs.get_mut(n)
            && let What::Message(arrow) = &mut rung.what
        {
            shown.entry(place).or_default().push(n);
            if row.seen == "mirror" {
                arrow.mirrored += 1;
            } else {
                arrow.times += 1;
                arrow.lasted = row.time.seconds_since(rung.time);
            }
            continue;
        }
        first.insert(same(row), rungs.len());
        let leg = legs.iter().position(|leg| leg.call_id == row.text(&row.call_id)).unwrap_or(0);
        let what = What::Message(parts::arrow(row, leg));
        shown.entry(place).or_default().push(rungs.len());
        rungs.push(Rung { time: row.time, delta: None, from, to, place: Some(place), what, broken: Vec::new() });
    }
    (rungs, shown)
}

fn bar(row: &StreamRow, hosts: &mut Hosts, at: &impl Fn(u32, u32) -> (u32, u32)) -> Rung {
    let (from, to) = (hosts.of_media(&row.source, &row.from), hosts.of_media(&row.destination, &row.to));
    let place = Some(at(row.capture, row.frame));
    Rung { time: row.begun, delta: None, from, to, place, what: What::Media(parts::bar(row)), broken: Vec::new() }
}

/// A breach with where it is to be shown.
struct Breach {
    broken: Broken,
    place: (u32, u32),
    call_id: Option<String>,
    time: Time,
}

impl Breach {
    fn of(row: &BreachRow, findings: &[Finding], at: &impl Fn(u32, u32) -> (u32, u32)) -> Self {
        let finding = findings.iter().find(|finding| row.is_of(finding));
        let broken = Broken {
            severity: Reverse(row.severity),
            rule: row.rule.to_string(),
            observed: row.observed.clone(),
            agreed: row.agreed.clone(),
            waived: row.waived,
            finding: finding.map(|finding| finding.id.clone()),
            title: finding.map(|finding| finding.title.to_owned()).unwrap_or_default(),
        };
        Self { broken, place: at(row.capture, row.frame), call_id: row.call_id.clone(), time: row.time }
    }
}

/// Puts a breach at the rung of its frame, else at a rung of its own, else below.
fn place(breach: Breach, legs: &[LadderLeg], rungs: &mut Vec<Rung>, shown: &mut Shown, notes: &mut Vec<Note>) {
    let Breach { broken, place, call_id, time } = breach;
    if place.1 == 0 {
        notes.push(Note { broken, times: 1, places: Vec::new() });
        return;
    }
    let of_call = |rung: &Rung| match (&rung.what, &call_id) {
        // Several messages may share a frame.
        (What::Message(arrow), Some(call_id)) => legs.get(arrow.leg).is_some_and(|leg| leg.call_id == *call_id),
        _ => true,
    };
    let beside = shown.entry(place).or_default();
    let found = beside.iter().copied().find(|&n| rungs.get(n).is_some_and(of_call));
    match found.and_then(|n| rungs.get_mut(n)) {
        Some(rung) => rung.broken.push(broken),
        None => {
            beside.push(rungs.len());
            rungs.push(Rung { time, delta: None, from: 0, to: 0, place: Some(place), what: What::Breach, broken: vec![broken] });
        }
    }
}

/// Each broken rule of the rungs once, with where it is shown.
fn summed(rungs: &[Rung]) -> Vec<Note> {
    let mut sums: BTreeMap<&Broken, Vec<(u32, u32)>> = BTreeMap::new();
    for rung in rungs {
        for broken in &rung.broken {
            sums.entry(broken).or_default().extend(rung.place);
        }
    }
    let note = |(broken, places): (&Broken, Vec<(u32, u32)>)| Note {
        broken: broken.clone(),
        times: u32::try_from(places.len()).unwrap_or(u32::MAX),
        places,
    };
    sums.into_iter().map(note).collect()
}
