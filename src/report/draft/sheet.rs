//! Takes keys, values and notes, gives them as TOML with a comment behind each, never a line that a name of the wire could break out of.

use crate::audit::{Audit, Sighting, Sightings};
use crate::policy::{accepts, quoted};
use crate::report::escape::visible;
use crate::report::figures::count;

/// Comments behind longer lines than this stand where they stand.
const COLUMN: usize = 56;

/// Shares below this, of at least [`MANY`], are rare.
const RARE: u64 = 200;
const MANY: u64 = 200;

/// Whether so few of so many are an exception rather than a habit: less than one in two hundred.
pub(super) const fn is_rare(count: u64, total: u64) -> bool {
    total >= MANY && count * RARE < total
}

/// A draft as it is written.
pub(super) struct Sheet<'a> {
    audit: &'a Audit,
    out: String,
    /// A heading whose section is empty so far.
    heading: Option<String>,
    block: Vec<(String, String)>,
    /// Lines that hold what was seen and looks wrong.
    pub(super) asides: usize,
}

/// What is to be said of a name that was seen.
pub(super) enum Opinion {
    /// It goes into the draft with this value.
    Write(&'static str),
    /// It is seen, and looks wrong: with this value it would be allowed.
    Doubt(&'static str, String),
}

impl<'a> Sheet<'a> {
    pub(super) const fn new(audit: &'a Audit) -> Self {
        Self { audit, out: String::new(), heading: None, block: Vec::new(), asides: 0 }
    }

    /// A line of comment.
    pub(super) fn comment(&mut self, text: &str) {
        self.flush();
        let text = visible(text);
        self.out.push_str(if text.is_empty() { "#" } else { "# " });
        self.out.push_str(&text);
        self.out.push('\n');
    }

    /// An empty line.
    pub(super) fn blank(&mut self) {
        self.flush();
        self.out.push('\n');
    }

    /// A heading; it is left out where nothing stands below it.
    pub(super) fn heading(&mut self, text: &str) {
        self.flush();
        self.heading = Some(text.to_owned());
    }

    /// A key with its value, which is TOML already.
    pub(super) fn say(&mut self, key: &str, value: &str, note: &str) {
        self.line(format!("{key} = {value}"), note);
    }

    /// A line that is TOML already.
    pub(super) fn line(&mut self, line: String, note: &str) {
        self.block.push((line, visible(note).into_owned()));
    }

    /// What was seen and looks wrong: commented out, with the reason.
    pub(super) fn aside(&mut self, line: &str, note: &str) {
        self.asides += 1;
        let (text, indent) = (line.trim_start(), line.len() - line.trim_start().len());
        self.line(format!("{:indent$}# {}", "", visible(text)), note);
    }

    /// What no line can hold.
    pub(super) fn remark(&mut self, text: &str) {
        self.line(String::new(), text);
    }

    /// A table of names with a value each.
    pub(super) fn table(&mut self, path: &str, seen: &Sightings<Box<str>>, noun: &str, judge: impl Fn(&str, &Sighting) -> Opinion) {
        for (name, sighting) in seen.iter() {
            let line = |value: &str| format!("{} = \"{value}\"", bare(&sighting.spelled));
            let note = self.seen(sighting, noun);
            match judge(name, sighting) {
                _ if !accepts(path, &sighting.spelled) => self.unwritable(&sighting.spelled, &note),
                Opinion::Write(value) => self.say(&bare(&sighting.spelled), &quoted(value), &note),
                Opinion::Doubt(value, reason) => {
                    self.aside(&line(value), &format!("{note}: {reason}"));
                    // A profile may list the name: what the default says does not reach it then.
                    self.say(&bare(&sighting.spelled), "\"discouraged\"", "until it is agreed, each is reported");
                }
            }
        }
        self.untold(seen.untold, noun);
    }

    /// A list of names; nothing where there is none. An empty list may mean "any": `empty` says whether that is written.
    pub(super) fn list(&mut self, key: &str, entries: &[(String, String, Option<String>)], empty: bool) {
        let is_empty = entries.iter().all(|(.., doubt)| doubt.is_some());
        if entries.is_empty() || (is_empty && !empty) {
            for (value, note, doubt) in entries {
                self.aside(&format!("{key} = [{value}]"), &format!("{note}: {}", doubt.as_deref().unwrap_or_default()));
            }
            return;
        }
        if let [(value, note, None)] = entries {
            return self.say(key, &format!("[{value}]"), note);
        }
        let indent = key.len() - key.trim_start().len();
        self.line(format!("{key} = ["), "");
        for (value, note, doubt) in entries {
            match doubt {
                None => self.line(format!("{:indent$}  {value},", ""), note),
                Some(reason) => {
                    self.asides += 1;
                    self.line(format!("{:indent$}  # {},", "", visible(value)), &format!("{note}: {reason}"));
                }
            }
        }
        self.line(format!("{:indent$}]", ""), "");
    }

    /// Entries of a list: names that a policy may write at `path`, with a reason for each that looks wrong.
    pub(super) fn entries(
        &mut self,
        path: &str,
        seen: &Sightings<Box<str>>,
        noun: &str,
        doubt: impl Fn(&str, &Sighting) -> Option<String>,
    ) -> Vec<(String, String, Option<String>)> {
        let mut entries = Vec::new();
        for (name, sighting) in seen.iter() {
            let note = self.seen(sighting, noun);
            match [&*sighting.spelled, &**name].into_iter().find(|written| accepts(path, written)) {
                Some(written) => entries.push((quoted(written), note, doubt(name, sighting))),
                None => self.unwritable(&sighting.spelled, &note),
            }
        }
        self.untold(seen.untold, noun);
        entries
    }

    /// Says that a name cannot stand in a policy.
    pub(super) fn unwritable(&mut self, name: &str, note: &str) {
        self.asides += 1;
        self.remark(&format!("left out, no policy can hold this name: {} ({note})", quoted(name)));
    }

    /// Says that there were more names than are kept.
    pub(super) fn untold(&mut self, untold: u64, noun: &str) {
        if untold > 0 {
            self.remark(&format!("not listed: {} with names that are too long, or beyond those that are kept", counted(untold, noun)));
        }
    }

    /// How often and where first.
    pub(super) fn seen(&self, sighting: &Sighting, noun: &str) -> String {
        format!("{}, first in {}", counted(sighting.count, noun), self.at(sighting.first))
    }

    /// A frame, as `capture.pcap frame 12`.
    pub(super) fn at(&self, origin: crate::base::Origin) -> String {
        format!("{} frame {}", self.file(origin.capture as usize), count(origin.frame.into()))
    }

    /// The name of a capture; its whole path where two have the same name.
    pub(super) fn file(&self, index: usize) -> String {
        let Some(capture) = self.audit.captures.get(index) else { return "?".to_owned() };
        let name = capture.path.file_name();
        let alone = self.audit.captures.iter().filter(|other| other.path.file_name() == name).count() == 1;
        match name.filter(|_| alone) {
            Some(name) => name.to_string_lossy().into_owned(),
            None => capture.path.display().to_string(),
        }
    }

    /// A frame of a capture that is known by its path.
    pub(super) fn frame_of(&self, path: &str, frame: u32) -> String {
        let file = self.index_of(path).map_or_else(|| path.to_owned(), |index| self.file(index));
        format!("{file} frame {}", count(frame.into()))
    }

    /// The capture of a path.
    fn index_of(&self, path: &str) -> Option<usize> {
        self.audit.captures.iter().position(|capture| capture.path.display().to_string() == path)
    }

    fn flush(&mut self) {
        if self.block.is_empty() {
            return;
        }
        if let Some(heading) = self.heading.take() {
            self.out.push('\n');
            self.out.push_str(&heading);
            self.out.push('\n');
        }
        let width = self.block.iter().map(|(line, _)| line.chars().count()).filter(|&n| n <= COLUMN).max().unwrap_or_default();
        for (line, note) in self.block.drain(..) {
            if note.is_empty() {
                self.out.push_str(&line);
            } else if line.is_empty() {
                self.out.push_str(&format!("# {note}"));
            } else {
                self.out.push_str(&format!("{line:width$}  # {note}"));
            }
            self.out.push('\n');
        }
    }

    /// The whole text.
    pub(super) fn end(mut self) -> String {
        self.flush();
        self.out
    }
}

/// A count with its noun; of a phrase its first noun is put into the plural: `2 numbers in local form`.
pub(super) fn counted(n: u64, noun: &str) -> String {
    if n == 1 {
        return format!("1 {noun}");
    }
    let end = [" with", " in ", " of ", " or "].iter().filter_map(|word| noun.find(word)).min().unwrap_or(noun.len());
    let (head, tail) = noun.split_at(end);
    let plural = match head {
        _ if head.ends_with('s') || head.ends_with('h') => format!("{head}es"),
        _ => format!("{head}s"),
    };
    format!("{} {plural}{tail}", count(n))
}

/// A key as TOML writes it.
pub(super) fn bare(key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain { key.to_owned() } else { quoted(key) }
}
