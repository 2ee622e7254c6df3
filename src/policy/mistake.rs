//! Takes places and what is wrong there, gives one text with a caret under each, never stops at the first.

use std::fmt::{self, Display};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::source::Source;
use super::tree::Place;

/// More mistakes than this are counted and not shown: nobody reads them, and a hostile file makes millions.
const SHOWN: usize = 100;

/// How mistakes are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// ASCII without colour: for files, pipes, `NO_COLOR`.
    #[default]
    Plain,
    /// Line drawing without colour.
    Unicode,
    /// Line drawing in colour: for terminals.
    Colour,
}

/// Something in a policy that cannot be believed.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) at: Place,
    pub(super) what: String,
    /// What to do.
    pub(super) help: Option<String>,
    /// Another place that it has to do with, and what stands there.
    pub(super) also: Option<(Place, String)>,
}

/// All mistakes of a policy.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    list: Vec<Mistake>,
    more: usize,
}

impl Mistakes {
    /// Something wrong at `at`, and what to do.
    pub(super) fn add(&mut self, at: Place, what: impl Into<String>, help: impl Into<Option<String>>) {
        self.push(Mistake { at, what: what.into(), help: help.into(), also: None });
    }

    /// Two places that do not go together; `there` says what stands at the other one.
    pub(super) fn clash(&mut self, at: Place, what: impl Into<String>, also: Place, there: impl Into<String>) {
        self.push(Mistake { at, what: what.into(), help: None, also: Some((also, there.into())) });
    }

    fn push(&mut self, mistake: Mistake) {
        if self.is_full() { self.more += 1 } else { self.list.push(mistake) }
    }

    /// Whether more would only be counted: then nobody needs to think about what was meant.
    pub(super) const fn is_full(&self) -> bool {
        self.list.len() >= 10 * SHOWN
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Keeps those that `keep` says.
    pub(super) fn retain(&mut self, keep: impl Fn(&Mistake) -> bool) {
        self.list.retain(keep);
    }

    /// Everything that is wrong, in the order of the file, 80 columns wide.
    pub(super) fn render(mut self, source: &Source, style: Style) -> String {
        self.list.sort_by_key(|m| m.at);
        self.list.dedup_by(|a, b| a.at == b.at && a.what == b.what);
        let total = self.list.len() + self.more;
        let handler = GraphicalReportHandler::new_themed(theme(style)).with_width(80).with_context_lines(1).with_links(false);
        let mut text = String::new();
        for mistake in self.list.iter().take(SHOWN) {
            // Writing to a string cannot fail; a label that miette cannot draw still leaves the line above it.
            if handler.render_report(&mut text, &Drawn { mistake, source }).is_err() {
                text.push_str(&format!("{}:{}: {}\n", source.name, source.line_of(mistake.at.start), mistake.what));
            }
            text.push('\n');
        }
        if total > SHOWN {
            text.push_str(&format!("… and {} more\n", total - SHOWN));
        }
        text.push_str(&format!("{}: {total} {}", source.name, if total == 1 { "mistake" } else { "mistakes" }));
        text
    }
}

fn theme(style: Style) -> GraphicalTheme {
    let mut theme = match style {
        Style::Plain => GraphicalTheme::none(),
        Style::Unicode => GraphicalTheme::unicode_nocolor(),
        Style::Colour => GraphicalTheme::unicode(),
    };
    if style == Style::Plain {
        theme.characters.error = "error:".into();
        theme.characters.underline = '^';
        theme.characters.underbar = '^';
    }
    theme
}

/// A mistake with the text that it is in.
#[derive(Debug)]
struct Drawn<'a> {
    mistake: &'a Mistake,
    source: &'a Source,
}

impl Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistake.what)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        let also = self.mistake.also.as_ref().map(|(at, there)| format!("{there} in line {}", self.source.line_of(at.start)));
        Some(Box::new(self.mistake.help.clone().or(also)?))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (start, end) = self.source.on_one_line(self.mistake.at.start, self.mistake.at.end);
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(None, (start, (end - start).max(1))))))
    }
}
