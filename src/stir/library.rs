//! Takes a directory of certificates with the authorities that were agreed, gives the one that a PASSporT names, never fetches one.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Authorized, Constraints};
use crate::certificate::{Anchors, Presented, Trust, Unreadable};

/// Deeper directories and longer files hold no certificates.
const DEEPEST: usize = 8;
const LONGEST: u64 = 1 << 20;

/// More certificates than this are no directory of peers.
const MOST: usize = 100_000;

/// Certificates by where they are published.
#[derive(Debug, Default)]
pub struct Library {
    held: BTreeMap<Box<str>, Held>,
}

/// A certificate with those above it.
#[derive(Debug)]
pub struct Held {
    /// The chain, the signer's first.
    pub presented: Presented,
    /// Whether it leads to an agreed authority; `None` where none were agreed.
    pub trust: Option<Trust>,
    /// What the signer may sign for; `None` where its certificate does not say.
    pub authorized: Option<Authorized>,
    /// What the signer may claim, by each extension that says so; `None` for one that cannot be read.
    pub constraints: Vec<Option<Constraints>>,
}

/// A file or directory that cannot be used, and why.
#[derive(Debug)]
pub enum Unusable {
    /// It cannot be read.
    Io(PathBuf, io::Error),
    /// It holds no certificates.
    File(PathBuf, Unreadable),
    /// There are too many.
    TooMany,
}

impl Library {
    /// Reads every `.pem`, `.crt`, `.cer` and `.der` below a directory.
    ///
    /// # Errors
    /// The first file, in order of names, that is no certificate.
    pub fn open(dir: &Path, anchors: Option<&Anchors>) -> Result<Self, Unusable> {
        let mut library = Self::default();
        library.walk(dir, "", 0, anchors)?;
        Ok(library)
    }

    fn walk(&mut self, dir: &Path, under: &str, depth: usize, anchors: Option<&Anchors>) -> Result<(), Unusable> {
        let failed = |error| Unusable::Io(dir.to_path_buf(), error);
        let mut entries = fs::read_dir(dir).map_err(failed)?.collect::<io::Result<Vec<_>>>().map_err(failed)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let name = format!("{under}{}", entry.file_name().to_string_lossy());
            if path.is_dir() {
                if depth < DEEPEST {
                    self.walk(&path, &format!("{name}/"), depth + 1, anchors)?;
                }
                continue;
            }
            let kind = path.extension().map(|kind| kind.to_string_lossy().to_ascii_lowercase());
            if !matches!(kind.as_deref(), Some("pem" | "crt" | "cer" | "der")) {
                continue;
            }
            if self.held.len() >= MOST {
                return Err(Unusable::TooMany);
            }
            let length = fs::metadata(&path).map(|file| file.len()).map_err(|error| Unusable::Io(path.clone(), error))?;
            if length > LONGEST {
                return Err(Unusable::File(path, Unreadable::Empty));
            }
            let bytes = fs::read(&path).map_err(|error| Unusable::Io(path.clone(), error))?;
            let chain = Anchors::read(&bytes).map_err(|unreadable| Unusable::File(path, unreadable))?;
            self.add(&name, Presented::of(&chain), anchors);
        }
        Ok(())
    }

    /// Adds a certificate under a name: `host/path`, or the last part of a path.
    pub fn add(&mut self, name: &str, presented: Presented, anchors: Option<&Anchors>) {
        let trust = anchors.map(|anchors| anchors.judge(&presented));
        let list = presented.leaf().and_then(|leaf| leaf.extension(TN_AUTH_LIST));
        let authorized = list.and_then(|list| Authorized::read(&list));
        let said = presented.leaf().into_iter().flat_map(|leaf| Constraints::EXTENSIONS.map(|oid| leaf.extension(oid)));
        let constraints = said.flatten().map(|der| Constraints::read(&der)).collect();
        self.held.insert(name.into(), Held { presented, trust, authorized, constraints });
    }

    /// The certificate that is published at a URL: under its host and path, else under its last part alone.
    #[must_use]
    pub fn find(&self, url: &str) -> Option<&Held> {
        let (_, rest) = url.split_once("://")?;
        let rest = rest.split(['?', '#']).next()?;
        let (host, path) = rest.split_once('/')?;
        let host = host.split(':').next()?.to_ascii_lowercase();
        let whole = format!("{host}/{path}");
        self.held.get(whole.as_str()).or_else(|| self.held.get(path.rsplit('/').next()?))
    }
}

/// id-pe-TNAuthList (RFC 8226 §9).
const TN_AUTH_LIST: &str = "1.3.6.1.5.5.7.1.26";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::workshop::PEERING_CA;

    #[test]
    fn a_certificate_is_found_by_where_it_is_published() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("certs.alpha.example/2026")).unwrap();
        fs::write(dir.path().join("certs.alpha.example/2026/a.pem"), PEERING_CA).unwrap();
        fs::write(dir.path().join("b.crt"), PEERING_CA).unwrap();
        fs::write(dir.path().join("README"), "not a certificate").unwrap();
        let library = Library::open(dir.path(), None).unwrap();
        assert!(library.find("https://Certs.Alpha.example:8443/2026/a.pem?v=1").is_some());
        assert!(library.find("https://anywhere.example/x/b.crt").is_some());
        for url in ["https://certs.alpha.example/a.pem", "https://certs.alpha.example", "a.pem", "https://x/../README"] {
            assert!(library.find(url).is_none(), "{url}");
        }
        fs::write(dir.path().join("c.pem"), "no certificate").unwrap();
        assert!(matches!(Library::open(dir.path(), None), Err(Unusable::File(path, Unreadable::Empty)) if path.ends_with("c.pem")));
        assert!(matches!(Library::open(&dir.path().join("missing"), None), Err(Unusable::Io(..))));
    }
}
