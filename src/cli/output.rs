//! Takes a way to write a report, gives it standard output, never a complaint about a reader who left.

use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Write};
use std::path::Path;

use super::args::Color;
use crate::base::{Error, Result};
use crate::report::text::Look;
use crate::report::visible;

/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: u16 = 140;
/// The width where there is no terminal to ask.
const USUAL: u16 = 80;

/// The look of standard output.
pub(super) fn look(color: Color) -> Look {
    let terminal = io::stdout().is_terminal();
    let width = if terminal { terminal_size::terminal_size().map_or(USUAL, |(w, _)| w.0) } else { USUAL };
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        // https://no-color.org: set and not empty.
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    };
    Look { width: width.min(WIDEST).into(), color }
}

/// Says on standard error what no report does; nobody is left to tell when that is closed.
pub(super) fn say(text: &str) {
    _ = writeln!(io::stderr().lock(), "{}", visible(text));
}

/// The same, where there is something to say.
pub(super) fn hint(text: Option<String>) {
    text.iter().for_each(|text| say(text));
}

/// Lets `write` write to standard output. A closed pipe ends it in silence.
pub(super) fn stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush());
    // What is left in the buffer has nowhere to go.
    drop(out.into_parts());
    match written {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Error::output(Path::new("standard output"), &e)),
        _ => Ok(()),
    }
}
