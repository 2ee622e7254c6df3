//! Takes the arguments of `calls`, gives the calls that are meant, never one that the capture only half holds as if it were whole.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr as _;

use super::Status;
use super::args::{CallsArguments, Color, RowFormat, Sort};
use super::intake::left_out;
use super::output::{hint, look, stdout};
use super::progress::Bar;
use crate::audit::{CallRow, Records};
use crate::base::{Error, Result};
use crate::pipeline;
use crate::report::tables::{self, CsvTable};
use crate::report::{CallLines, CallRoom, Order, Place, Selection, Sorted, call_json};
use crate::rules;

/// The calls that are meant, being put in order.
struct Chosen {
    selection: Selection,
    sorted: Sorted<CallRow, Place>,
    all: u64,
    kept: u64,
    /// Some of the parties between which calls passed.
    parties: BTreeSet<String>,
    /// What the calls that are meant need room for.
    room: CallRoom,
}

/// How many parties are named to someone who wrote another.
const NAMED: usize = 8;

impl Chosen {
    /// Why there is no call, where a party was asked for that has none.
    fn hint(&self) -> Option<String> {
        let is_strange = |party: &&String| !self.parties.iter().any(|known| known.eq_ignore_ascii_case(party));
        let strange = [&self.selection.from, &self.selection.to].into_iter().flatten().find(is_strange)?;
        let known: Vec<&str> = self.parties.iter().map(String::as_str).collect();
        (self.kept == 0 && self.all > 0).then(|| format!("no call is of {strange}: the parties are {}", known.join(", ")))
    }
}

impl Records for Chosen {
    fn wants_calls(&self) -> bool {
        true
    }

    fn call(&mut self, row: CallRow) {
        self.all += 1;
        for party in [row.sender(), row.receiver()] {
            if self.parties.len() < NAMED && !self.parties.contains(&*party) {
                self.parties.insert(party.into_owned());
            }
        }
        if self.selection.has(&row) {
            self.kept += 1;
            self.room.party = [row.sender(), row.receiver()].iter().map(|party| party.width()).fold(self.room.party, usize::max);
            self.room.beside |= row.beside.is_some();
            self.sorted.push(row);
        }
    }
}

/// Lists the calls.
pub(super) fn run(arguments: &CallsArguments, color: Color) -> Result<Status> {
    if let Some(wanted) = &arguments.finding
        && !rules::all().iter().any(|rule| Selection::names(wanted, rule.id))
    {
        return Err(Error::Usage(format!("no rule {wanted}: `speerlint rules` lists them, and MED-* means a family")));
    }
    let request = arguments.window.of(arguments.intake.request(arguments.policy.clone(), false)?)?;
    let selection = Selection {
        outcomes: arguments.outcome.clone(),
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        min_duration: arguments.min_duration,
        finding: arguments.finding.clone(),
        number: arguments.number.clone(),
        call_id: arguments.call_id.clone(),
    };
    let order = match arguments.sort {
        Sort::Time => Order::Time,
        Sort::Setup => Order::Setup,
        Sort::Duration => Order::Duration,
        Sort::Loss => Order::Loss,
        Sort::Mos => Order::Mos,
        Sort::Findings => Order::Findings,
    };
    let mut chosen = Chosen {
        selection,
        sorted: Sorted::by(move |row| order.place(row)),
        all: 0,
        kept: 0,
        parties: BTreeSet::new(),
        room: CallRoom::default(),
    };
    let audit = {
        let bar = Bar::new(arguments.quiet);
        pipeline::audit_with(&request, &|progress| bar.show(progress), &mut chosen)?
    };
    let strange = chosen.hint();
    let Chosen { sorted, all, kept, room, .. } = chosen;
    // A pipe that closes is no trouble; a temporary file that cannot be read is.
    let written = match arguments.format {
        RowFormat::Jsonl => stdout(|out| sorted.drain(|row| call_json(&row, out))),
        RowFormat::Csv => stdout(|out| {
            let mut table = CsvTable::begin(tables::calls(), out)?;
            sorted.drain(|row| table.row(&row))?;
            table.end()?.flush()
        }),
        RowFormat::Text => stdout(|out| {
            let mut lines = CallLines::begin(look(color), arguments.time_zone.clone(), room, out)?;
            sorted.drain(|row| lines.row(&row))?;
            lines.end(kept, all, strange.as_deref())
        }),
    };
    hint(left_out(&request, &audit.captures));
    written.map(|()| Status::Clean)
}
