//! Takes the files of certification authorities and of signers that a policy names, gives their certificates or each mistake where the file is named,
//! never an authority that it could not read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::mistake::{Mistakes, Style};
use super::policy::Policy;
use super::tree::Place;
use super::{Clause, Provenance, Terms};
use crate::base::{Error, Result};
use crate::certificate::{Anchors, Unreadable};
use crate::stir::{Library, Unusable};

/// Longer files are no list of authorities: those of the public web come to a quarter of a megabyte.
const LONGEST: u64 = 16 << 20;

/// The certificates of each list of files that some terms name.
#[derive(Debug, Default)]
pub(super) struct TrustFiles {
    lists: BTreeMap<Vec<PathBuf>, Anchors>,
    /// Certificates of signers, by their directory and the files of authorities that they are judged by.
    libraries: BTreeMap<(PathBuf, Vec<PathBuf>), Library>,
}

impl TrustFiles {
    /// Those of a list; `None` where it is empty or was not read.
    pub(super) fn of(&self, files: &[PathBuf]) -> Option<&Anchors> {
        self.lists.get(files)
    }

    /// The signers that some terms name; `None` where they name none, or these were not read.
    pub(super) fn signers(&self, terms: &Terms) -> Option<&Library> {
        if self.libraries.is_empty() {
            return None;
        }
        self.libraries.get(&signers_of(terms)?)
    }

    #[cfg(test)]
    pub(super) fn set_signers(&mut self, terms: &Terms, library: Library) {
        self.libraries.extend(signers_of(terms).map(|key| (key, library)));
    }
}

/// Where the certificates of signers are, and whom they must lead to.
fn signers_of(terms: &Terms) -> Option<(PathBuf, Vec<PathBuf>)> {
    let stir = &terms.identity.stir;
    let anchors = stir.trust_anchors.as_ref().map(|files| files.value.clone()).unwrap_or_default();
    Some((stir.cert_dir.as_ref()?.value.clone(), anchors))
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
        for clause in self.agreements.all().flat_map(authorities) {
            if trusted.lists.contains_key(&clause.value) {
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
            trusted.lists.insert(clause.value.clone(), anchors);
        }
        for (terms, clause) in self.agreements.all().filter_map(|terms| Some((terms, terms.identity.stir.cert_dir.as_ref()?))) {
            let Some(key) = signers_of(terms).filter(|key| !trusted.libraries.contains_key(key)) else { continue };
            let library = Library::open(&clause.value, trusted.lists.get(&key.1)).unwrap_or_else(|unusable| {
                let (what, help) = explain(unusable);
                let name = clause.value.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                mistakes.add(self.place_named(&clause.from, &name), format!("`{}`: {what}", clause.from.path), help.map(str::to_owned));
                Library::default()
            });
            trusted.libraries.insert(key, library);
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
        self.place_named(&clause.from, &name)
    }

    /// Where the policy says something with this name in it.
    fn place_named(&self, from: &Provenance, name: &str) -> Place {
        let found = self.sources.first().filter(|source| source.name == from.source);
        let (start, end) = found.and_then(|source| source.find(from.line?, name)).unwrap_or_default();
        Place { source: 0, start, end }
    }
}

/// The lists of authorities that some terms name: those of TLS, and those of signers.
fn authorities(terms: &Terms) -> impl Iterator<Item = &Clause<Vec<PathBuf>>> {
    [&terms.tls.trusted_cas, &terms.identity.stir.trust_anchors].into_iter().flatten().filter(|clause| !clause.value.is_empty())
}

/// What is wrong with a directory of certificates, and what to do.
fn explain(unusable: Unusable) -> (String, Option<&'static str>) {
    match unusable {
        Unusable::Io(path, error) => (format!("{}: {error}", path.display()), Some("names are relative to the policy file")),
        Unusable::File(path, unreadable) => {
            let (what, help) = told(unreadable);
            (format!("{}: {what}", path.display()), help)
        }
        Unusable::TooMany => ("holds more certificates than any group of peers has".to_owned(), None),
    }
}

/// The certificates of a file, or what is wrong with it and what to do.
fn load(file: &Path) -> std::result::Result<Anchors, (String, Option<&'static str>)> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| (error.to_string(), Some("names are relative to the policy file")))?;
    if bytes.len() as u64 > LONGEST {
        return Err((format!("longer than {} MiB, so this is no list of authorities", LONGEST >> 20), None));
    }
    Anchors::read(&bytes).map_err(told)
}

/// What is wrong with a file of certificates, and what to do.
fn told(unreadable: Unreadable) -> (String, Option<&'static str>) {
    match unreadable {
        Unreadable::Empty => ("holds no certificate".to_owned(), Some("expected blocks that begin with -----BEGIN CERTIFICATE-----")),
        Unreadable::Pem(block) => (format!("block {block} is damaged"), None),
        Unreadable::Certificate(block) => (format!("block {block} is no certificate"), None),
        Unreadable::PrivateKey => {
            ("holds a private key".to_owned(), Some("name the certificate; an audit needs no key, and nobody should have it but its owner"))
        }
    }
}
