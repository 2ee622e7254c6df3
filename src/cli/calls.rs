//! Takes the arguments of `calls`, gives the calls that are meant, never one that the capture only half holds as if it were whole.

use super::Status;
use super::args::{CallsArguments, Color, RowFormat, Sort};
use super::output::{look, stdout};
use super::progress::Bar;
use crate::audit::{CallRow, Records};
use crate::base::Result;
use crate::pipeline;
use crate::report::tables::{self, CsvTable};
use crate::report::{CallLines, Order, Place, Selection, Sorted, call_json};

/// The calls that are meant, being put in order.
struct Chosen {
    selection: Selection,
    sorted: Sorted<CallRow, Place>,
    all: u64,
    kept: u64,
}

impl Records for Chosen {
    fn wants_calls(&self) -> bool {
        true
    }

    fn call(&mut self, row: CallRow) {
        self.all += 1;
        if self.selection.has(&row) {
            self.kept += 1;
            self.sorted.push(row);
        }
    }
}

/// Lists the calls.
pub(super) fn run(arguments: &CallsArguments, color: Color) -> Result<Status> {
    let request = arguments.window.of(arguments.intake.request(arguments.policy.clone(), false))?;
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
    let mut chosen = Chosen { selection, sorted: Sorted::by(move |row| order.place(row)), all: 0, kept: 0 };
    {
        let bar = Bar::new(arguments.quiet);
        pipeline::audit_with(&request, &|progress| bar.show(progress), &mut chosen)?;
    }
    let Chosen { sorted, all, kept, .. } = chosen;
    // A pipe that closes is no trouble; a temporary file that cannot be read is.
    let written = match arguments.format {
        RowFormat::Jsonl => stdout(|out| sorted.drain(|row| call_json(&row, out))),
        RowFormat::Csv => stdout(|out| {
            let mut table = CsvTable::begin(tables::calls(), out)?;
            sorted.drain(|row| table.row(&row))?;
            table.end()?.flush()
        }),
        RowFormat::Text => stdout(|out| {
            let mut lines = CallLines::begin(look(color), arguments.time_zone.clone(), out)?;
            sorted.drain(|row| lines.row(&row))?;
            lines.end(kept, all)
        }),
    };
    written.map(|()| Status::Clean)
}
