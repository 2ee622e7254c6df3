//! Takes a policy file, gives the agreement or every mistake in it, never a silent default for what it gets wrong.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::agreements::{Layers, agree};
use super::attribution::Attribution;
use super::mistake::{Mistakes, Style};
use super::policy::{KnownRules, Policy};
use super::profile::{self, BuiltIn};
use super::reader::{Read, Reader};
use super::source::Source;
use super::tree::{self, Flaw, Node, Place, Table};
use super::trust::TrustFiles;
use super::{Clause, Severity, declared, references, schema, territory, validate};
use crate::base::{Error, Result, Time, reason};

/// Longer files are no policy.
const LONGEST: u64 = 16 << 20;

impl Policy {
    /// Takes a policy file, gives the agreement; every mistake in it at once as [`crate::base::Error::Policy`], drawn plainly.
    ///
    /// # Errors
    /// When the file cannot be read, is no TOML, or says anything that cannot be believed.
    pub fn load(path: &Path, known: KnownRules<'_>) -> Result<Self> {
        Self::load_styled(path, known, Style::Plain)
    }

    /// The same with another way to draw mistakes.
    ///
    /// # Errors
    /// As [`Policy::load`].
    pub fn load_styled(path: &Path, known: KnownRules<'_>, style: Style) -> Result<Self> {
        Self::parse(path, &read_text(path, style)?, known, style)
    }

    /// A policy from its text; `path` names it and is where its relative file names start.
    ///
    /// # Errors
    /// When the text is no TOML or says anything that cannot be believed.
    pub fn parse(path: &Path, text: &str, known: KnownRules<'_>, style: Style) -> Result<Self> {
        let mut mistakes = Mistakes::default();
        let mut sources = vec![Source::new(&path.display().to_string(), text)];
        let root = read(text, sources.first(), known, &mut mistakes);
        if mistakes.is_empty() {
            let built_in = BuiltIn::read(&mut sources);
            let policy = believe(path, &root, &built_in, &sources, &mut mistakes);
            if mistakes.is_empty() {
                let sha256 = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
                return Ok(Self { sha256: Some(sha256), path: Some(path.to_owned()), sources, ..policy });
            }
        }
        let report = sources.first().map(|source| mistakes.render(source, style)).unwrap_or_default();
        Err(Error::Policy { report })
    }

    /// The built-in profile `speermint-baseline`, with no peers declared: every host stands for itself.
    #[must_use]
    pub fn baseline() -> Self {
        let mut sources = vec![Source::new("speermint-baseline", "")];
        let built_in = BuiltIn::read(&mut sources);
        // The same as an empty file that says `extends = ["speermint-baseline"]`.
        let (root, _) = tree::read("policy = { id = \"speermint-baseline\", extends = [\"speermint-baseline\"] }", 0);
        let policy = believe(Path::new("speermint-baseline"), &root, &built_in, &sources, &mut Mistakes::default());
        Self { sources, ..policy }
    }
}

/// The text of a policy file.
pub(super) fn read_text(path: &Path, style: Style) -> Result<String> {
    let cannot = |error: std::io::Error| Error::input(path, reason(&error));
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes)).map_err(cannot)?;
    if bytes.len() as u64 > LONGEST {
        let report = format!("error: {}: longer than {} MiB, so this is no policy", path.display(), LONGEST >> 20);
        return Err(Error::Policy { report });
    }
    String::from_utf8(bytes).map_err(|error| {
        let (at, what, text) = match wide(error.as_bytes()) {
            Some(text) => (0, "the file is UTF-16, by its byte order mark, and not UTF-8", text),
            None => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                (error.utf8_error().valid_up_to(), "the file is not UTF-8 from here on", text)
            }
        };
        let mut mistakes = Mistakes::default();
        mistakes.add(Place { source: 0, start: at, end: at + 1 }, what, "save it as UTF-8".to_owned());
        Error::Policy { report: mistakes.render(&Source::new(&path.display().to_string(), &text), style) }
    })
}

/// The text of a file that begins with the byte order mark of UTF-16, without the mark.
fn wide(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = bytes.as_chunks().0.iter().skip(1).map(|pair| unit(*pair)).collect();
    Some(String::from_utf16_lossy(&units))
}

/// The document, with all mistakes that it shows by itself.
fn read(text: &str, source: Option<&Source>, known: KnownRules<'_>, mistakes: &mut Mistakes) -> Table {
    let (root, flaws) = tree::read(text, 0);
    validate::check(&root, schema::ROOT, mistakes);
    if flaws.is_empty() {
        references::check(&root, known, mistakes);
        territory::check(&root, mistakes);
        return root;
    }
    // What the parser made of a line with a flaw is a guess, and a whole section may hide behind it: nothing is said of these lines,
    // nor of what is missing.
    let line = |at: Place| source.map(|s| s.line_of(at.start));
    let bad: Vec<_> = flaws.iter().map(|flaw| line(flaw.at)).collect();
    mistakes.retain(|m| !bad.contains(&line(m.at)) && !m.what.contains("is missing"));
    for Flaw { at, what, help } in flaws {
        mistakes.add(at, what, help);
    }
    root
}

/// A valid document as a policy.
fn believe(path: &Path, root: &Table, built_in: &BuiltIn, sources: &[Source], mistakes: &mut Mistakes) -> Policy {
    let base = path.parent().unwrap_or(Path::new(""));
    let reader = Reader::new(sources, base);
    let none = Table::new();
    let agreement = tree::get(root, "policy").and_then(Node::table).unwrap_or(&none);
    let text = |key| tree::text(agreement, key).map(str::to_owned);
    let date = |key: &str| {
        let node = tree::get(agreement, key)?;
        Some(Clause::new(Time::read(node)?, reader.provenance(node.at, &format!("policy.{key}"))))
    };
    let peers = declared::peers(root, &reader);
    let index = |id: &str| peers.iter().zip(0_u16..).find(|(peer, _)| peer.id == id).map(|(_, index)| index);
    let pair = |node: &Node| match node.list() {
        [from, to] => Some((index(from.text()?)?, index(to.text()?)?)),
        _ => None,
    };
    let extends = tree::get(agreement, "extends").into_iter().flat_map(Node::texts);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Policy {
        id: text("id").unwrap_or(stem),
        title: text("title"),
        revision: tree::get(agreement, "revision").and_then(u64::read).unwrap_or_default(),
        path: None,
        sha256: None,
        profiles: extends.filter_map(profile::full_name).collect(),
        pairs: tree::get(agreement, "pairs").map(Node::list).unwrap_or_default().iter().filter_map(pair).collect(),
        fail_on: tree::get(agreement, "fail_on").and_then(Severity::read).unwrap_or(Severity::High),
        effective_from: date("effective_from"),
        effective_until: date("effective_until"),
        rules: declared::rules(root, &peers, &reader),
        waivers: declared::waivers(root, &peers, &reader),
        agreements: agree(&Layers { file: root, built_in, peers: &peers }, &reader, mistakes),
        attribution: Attribution::new(&peers),
        trusted: TrustFiles::default(),
        sources: Vec::new(),
        peers,
    }
}
