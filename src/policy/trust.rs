//! Takes the files of certification authorities that a policy names, gives their certificates or each mistake where the file is named,
//! never an authority that it could not read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::mistake::{Mistakes, Style};
use super::policy::Policy;
use super::tree::Place;
use super::{Clause, Terms};
use crate::base::{Error, Result};
use crate::certificate::{Anchors, Unreadable};

/// Longer files are no list of authorities: those of the public web come to a quarter of a megabyte.
const LONGEST: u64 = 16 << 20;

/// The certificates of each list of files that some terms name.
#[derive(Debug, Default)]
pub(super) struct TrustFiles(BTreeMap<Vec<PathBuf>, Anchors>);

impl TrustFiles {
    /// Those of a list; `None` where it is empty or was not read.
    pub(super) fn of(&self, files: &[PathBuf]) -> Option<&Anchors> {
        self.0.get(files)
    }
}

impl Policy {
    /// The policy with the files that it names and that an audit needs. A policy can be checked where they are not.
    ///
    /// # Errors
    /// When a file cannot be read, or holds anything but certificates: all of them at once, each where the policy names it.
    pub fn with_files(mut self, style: Style) -> Result<Self> {
        let mut read: BTreeMap<PathBuf, Option<Anchors>> = BTreeMap::new();
        let mut trusted = TrustFiles::default();
        let mut mistakes = Mistakes::default();
        for clause in self.agreements.all().filter_map(trusted_cas) {
            if trusted.0.contains_key(&clause.value) {
                continue;
            }
            let mut anchors = Anchors::default();
            for file in &clause.value {
                let own = read.entry(file.clone()).or_insert_with(|| match load(file) {
                    Ok(own) => Some(own),
                    Err((what, help)) => {
                        let what = format!("`{}`: {}: {what}", clause.from.path, file.display());
                        mistakes.add(self.place_of(clause, file), what, help.map(str::to_owned));
                        None
                    }
                });
                own.iter().for_each(|own| anchors.extend(own));
            }
            trusted.0.insert(clause.value.clone(), anchors);
        }
        if !mistakes.is_empty() {
            let report = self.sources.first().map(|source| mistakes.render(source, style)).unwrap_or_default();
            return Err(Error::Policy { report });
        }
        self.trusted = trusted;
        Ok(self)
    }

    /// Where the policy names a file.
    fn place_of(&self, clause: &Clause<Vec<PathBuf>>, file: &Path) -> Place {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let found = self.sources.first().filter(|source| source.name == clause.from.source);
        let (start, end) = found.and_then(|source| source.find(clause.from.line?, &name)).unwrap_or_default();
        Place { source: 0, start, end }
    }
}

fn trusted_cas(terms: &Terms) -> Option<&Clause<Vec<PathBuf>>> {
    terms.tls.trusted_cas.as_ref().filter(|clause| !clause.value.is_empty())
}

/// The certificates of a file, or what is wrong with it and what to do.
fn load(file: &Path) -> std::result::Result<Anchors, (String, Option<&'static str>)> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| (error.to_string(), Some("names are relative to the policy file")))?;
    if bytes.len() as u64 > LONGEST {
        return Err((format!("longer than {} MiB, so this is no list of authorities", LONGEST >> 20), None));
    }
    Anchors::read(&bytes).map_err(|unreadable| match unreadable {
        Unreadable::Empty => ("holds no certificate".to_owned(), Some("expected blocks that begin with -----BEGIN CERTIFICATE-----")),
        Unreadable::Pem(block) => (format!("block {block} is damaged"), None),
        Unreadable::Certificate(block) => (format!("block {block} is no certificate"), None),
        Unreadable::PrivateKey => {
            ("holds a private key".to_owned(), Some("name the certificate; an audit needs no key, and nobody should have it but its owner"))
        }
    })
}
