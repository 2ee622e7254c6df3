//! Takes the arguments of `flow`, gives the ladder of the call that is meant, never one that is only like it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::Status;
use super::args::{Color, FlowArguments, FlowFormat};
use super::intake::left_out;
use super::output::{hint, look, stdout};
use super::progress::Bar;
use crate::audit::{Audit, BreachRow, CallRow, Finding, Leg, Legs, MessageRow, MessageWish, Records, StreamRow};
use crate::base::{Error, Result};
use crate::pipeline::{self, Request};
use crate::report::ladder::{self, Ladder, Rows};
use crate::report::{visible, write_file};
use crate::sip::Method;

/// How many Call-IDs an error names.
const NAMED: usize = 5;

/// Draws the ladder.
pub(super) fn run(arguments: &FlowArguments, color: Color) -> Result<Status> {
    let request = arguments.window.of(arguments.intake.request(arguments.policy.clone(), false)?)?;
    let wanted = match (&arguments.call_id, &arguments.finding) {
        (Some(call_id), _) => Some(call_id.clone()),
        (None, Some(finding)) => Some(call_of(finding, &request, arguments)?),
        (None, None) => None,
    };
    let mut sought = Sought::new(wanted, !arguments.no_legs);
    let audit = read(&request, arguments, &mut sought)?;
    hint(left_out(&request, &audit.captures));
    let call_id = sought.call_id()?;
    let legs = sought.legs.found();
    let mut rows = sought.rows;
    rows.messages.retain(|row| row.text(&row.call_id) == call_id);
    if legs.is_empty() {
        return draw(arguments, color, &call_id, &legs, rows, &audit);
    }
    if reads_once(&request) {
        let ids: Vec<String> = legs.iter().map(|leg| visible(&leg.call_id).into_owned()).collect();
        // A hint, and no part of the ladder.
        let hint = format!("note: other legs ({}) are left out: standard input can be read only once", ids.join(", "));
        _ = writeln!(std::io::stderr().lock(), "{hint}");
        return draw(arguments, color, &call_id, &[], rows, &audit);
    }
    // What the legs said before they were known for legs is read again.
    let mut all = Chosen::new(std::iter::once(call_id.clone()).chain(legs.iter().map(|leg| leg.call_id.clone())));
    let audit = read(&request, arguments, &mut all)?;
    draw(arguments, color, &call_id, &legs, all.rows, &audit)
}

fn read(request: &Request, arguments: &FlowArguments, records: &mut dyn Records) -> Result<Audit> {
    let bar = Bar::new(arguments.quiet);
    pipeline::audit_with(request, &|progress| bar.show(progress), records)
}

fn reads_once(request: &Request) -> bool {
    request.inputs.iter().any(|input| input == Path::new("-"))
}

fn draw(arguments: &FlowArguments, color: Color, call_id: &str, legs: &[Leg], rows: Rows, audit: &Audit) -> Result<Status> {
    let captures: Vec<String> = audit.captures.iter().map(|capture| capture.path.display().to_string()).collect();
    let ladder = Ladder::of(call_id, legs, rows, &audit.findings, &captures);
    let zone = &arguments.time_zone;
    let write = |out: &mut dyn Write| match arguments.format {
        FlowFormat::Text => {
            let mut look = look(color);
            look.color &= arguments.out.is_none() || color == Color::Always;
            look.width = arguments.width.map_or(look.width, usize::from);
            crate::report::text::write_ladder(&ladder, look, zone, out)
        }
        FlowFormat::Svg => out.write_all(ladder::svg::draw(&ladder, zone).as_bytes()),
        FlowFormat::Mermaid => out.write_all(ladder::mermaid::draw(&ladder, zone).as_bytes()),
    };
    match &arguments.out {
        Some(path) => write_file(path, write)?,
        None => stdout(write)?,
    }
    Ok(Status::Clean)
}

/// The first call of a finding: by its number, or by its rule.
fn call_of(wanted: &str, request: &Request, arguments: &FlowArguments) -> Result<String> {
    if reads_once(request) {
        return Err(Error::Usage(
            "--finding reads the capture twice, and standard input can be read only once: save it, or use --call-id".into(),
        ));
    }
    let audit = read(request, arguments, &mut ())?;
    let is = |finding: &&Finding| finding.id.eq_ignore_ascii_case(wanted) || finding.rule.eq_ignore_ascii_case(wanted);
    let mut found = audit.findings.iter().filter(is).peekable();
    if found.peek().is_none() {
        hint(left_out(request, &audit.captures));
        let known: Vec<String> = audit.findings.iter().take(NAMED).map(|f| format!("{} ({})", f.id, f.rule)).collect();
        let more = if audit.findings.len() > NAMED { " …" } else { "" };
        let known = if known.is_empty() { "there are none".to_owned() } else { format!("there are {}{more}", known.join(", ")) };
        return Err(Error::Usage(format!("no finding {wanted} in this capture under this policy: {known}")));
    }
    let calls = |finding: &Finding| finding.exhibits.iter().find_map(|e| e.call_id.clone()).or_else(|| finding.subject.call_id.clone());
    found.find_map(calls).ok_or_else(|| Error::Usage(format!("the finding {wanted} is about no call; `speerlint audit` shows it")))
}

/// Keeps the rows of calls whose Call-IDs are known.
struct Chosen {
    call_ids: Arc<BTreeSet<String>>,
    rows: Rows,
}

impl Chosen {
    fn new(call_ids: impl Iterator<Item = String>) -> Self {
        Self { call_ids: Arc::new(call_ids.collect()), rows: Rows::default() }
    }

    fn has(&self, call_id: Option<&str>) -> bool {
        call_id.is_some_and(|id| self.call_ids.contains(id))
    }
}

impl Records for Chosen {
    fn wants_calls(&self) -> bool {
        true
    }

    fn wants_messages(&self) -> MessageWish {
        let call_ids = Arc::clone(&self.call_ids);
        MessageWish::Those(Arc::new(move |message| call_ids.contains(&*String::from_utf8_lossy(message.call_id()))))
    }

    fn wants_breaches(&self) -> bool {
        true
    }

    fn stream(&mut self, row: &StreamRow) {
        if self.has(row.call_id.as_deref()) {
            self.rows.streams.push(row.clone());
        }
    }

    fn call(&mut self, row: CallRow) {
        if self.has(Some(&row.call_id)) {
            self.rows.calls.push(row);
        }
    }

    fn message(&mut self, row: &MessageRow) {
        self.rows.messages.push(row.clone().by_itself());
    }

    fn breach(&mut self, row: BreachRow) {
        if self.has(row.call_id.as_deref()) {
            self.rows.breaches.push(row);
        }
    }
}

/// Looks for the call that is meant and for its legs: the whole Call-ID, or the only one that begins so; without any, the only one there is.
struct Sought {
    wanted: String,
    /// Whether anything is wanted by name.
    named: bool,
    wants_legs: bool,
    /// The Call-ID that is kept: the whole one as soon as it is met, until then the first that begins so.
    kept: Option<String>,
    /// Others that begin so, the first of them.
    others: BTreeSet<String>,
    /// The Call-IDs most like it.
    near: BTreeMap<(usize, String), ()>,
    legs: Legs,
    rows: Rows,
}

impl Sought {
    fn new(wanted: Option<String>, wants_legs: bool) -> Self {
        let named = wanted.is_some();
        let wanted = wanted.unwrap_or_default();
        let legs = Legs::of(&wanted);
        let (others, near) = (BTreeSet::new(), BTreeMap::new());
        Self { wanted, named, wants_legs, kept: None, others, near, legs, rows: Rows::default() }
    }

    /// Whether the rows of a call are kept; learns from its Call-ID what is meant.
    fn keeps(&mut self, call_id: &str) -> bool {
        if self.kept.as_deref() == Some(call_id) {
            return true;
        }
        if call_id.is_empty() || !call_id.starts_with(&self.wanted) {
            return false;
        }
        let is_it = call_id == self.wanted;
        if let Some(before) = &self.kept {
            if !is_it {
                if self.others.len() <= NAMED {
                    self.others.insert(call_id.to_owned());
                }
                return false;
            }
            self.others.insert(before.clone());
            self.rows = Rows::default();
        }
        self.kept = Some(call_id.to_owned());
        self.legs.turn_to(call_id);
        true
    }

    fn is_kept(&self, call_id: Option<&str>) -> bool {
        call_id.is_some() && self.kept.as_deref() == call_id
    }

    /// The Call-ID that is meant.
    fn call_id(&self) -> Result<String> {
        let list = |mut ids: &mut dyn Iterator<Item = &String>| {
            let shown: Vec<String> = (&mut ids).take(NAMED).map(|id| format!("\n  {}", visible(id))).collect();
            if ids.next().is_some() {
                return format!("{}\n  …", shown.concat());
            }
            shown.concat()
        };
        match &self.kept {
            Some(kept) if *kept == self.wanted || self.others.is_empty() => Ok(kept.clone()),
            Some(kept) => {
                let what = if self.named {
                    format!("several Call-IDs begin with {}", self.wanted)
                } else {
                    "the capture holds several calls".into()
                };
                let mut ids = std::iter::once(kept).chain(&self.others);
                let hint = "choose one with --call-id (`speerlint calls --format jsonl` lists them all)";
                Err(Error::Usage(format!("{what}, {hint}:{}", list(&mut ids))))
            }
            None if self.near.is_empty() => {
                Err(Error::Usage("there is no call to draw: no SIP message in the captures has a Call-ID".into()))
            }
            None => {
                let mut ids = self.near.keys().map(|(_, id)| id);
                Err(Error::Usage(format!("no call {}; the Call-IDs most like it are:{}", self.wanted, list(&mut ids))))
            }
        }
    }
}

impl Records for Sought {
    fn wants_calls(&self) -> bool {
        true
    }

    fn wants_messages(&self) -> MessageWish {
        let (wanted, legs) = (self.wanted.clone().into_bytes(), self.wants_legs);
        MessageWish::Those(Arc::new(move |message| {
            let id = String::from_utf8_lossy(message.call_id());
            id.as_bytes().starts_with(&wanted) || (legs && matches!(message.transaction_method(), Some(Method::Invite | Method::Bye)))
        }))
    }

    fn wants_breaches(&self) -> bool {
        true
    }

    fn stream(&mut self, row: &StreamRow) {
        if self.is_kept(row.call_id.as_deref()) {
            self.rows.streams.push(row.clone());
        }
    }

    fn call(&mut self, row: CallRow) {
        if self.is_kept(Some(&row.call_id)) {
            self.rows.calls.push(row);
        } else if self.kept.is_none() {
            self.near.insert((strsim::levenshtein(&self.wanted, &row.call_id), row.call_id), ());
            while self.near.len() > NAMED {
                self.near.pop_last();
            }
        }
    }

    fn message(&mut self, row: &MessageRow) {
        let keeps = self.keeps(&row.text(&row.call_id));
        if self.wants_legs {
            self.legs.take(row);
        }
        if keeps {
            self.rows.messages.push(row.clone().by_itself());
        }
    }

    fn breach(&mut self, row: BreachRow) {
        if self.is_kept(row.call_id.as_deref()) {
            self.rows.breaches.push(row);
        }
    }
}
