//! Takes octets for a path, gives the file its name when it is whole, never a name to half of one.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// A file being written, in the directory of the path that it is for.
#[derive(Debug)]
pub(crate) struct Aside {
    held: Held,
    parent: PathBuf,
}

#[derive(Debug)]
enum Held {
    /// It has no name yet: whatever ends the program, nothing is left of it.
    Nameless(File),
    /// Where there are no such files: one with a name that nobody reads.
    Named(NamedTempFile),
}

impl Aside {
    /// Begins a file for `path`, whose directory must be there.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let parent = parent(path);
        let held = match nameless(parent) {
            Some(file) => Held::Nameless(file),
            None => Held::Named(builder().tempfile_in(parent)?),
        };
        Ok(Self { held, parent: parent.to_owned() })
    }

    /// Begins one that has a name that nobody reads: for what is found by where it stands.
    pub(crate) fn named(path: &Path) -> io::Result<Self> {
        let parent = parent(path).to_owned();
        Ok(Self { held: Held::Named(builder().tempfile_in(&parent)?), parent })
    }

    /// By what name this program can read it until it has its own.
    pub(crate) fn path(&self) -> PathBuf {
        match &self.held {
            Held::Nameless(file) => open_file(file),
            Held::Named(file) => file.path().to_owned(),
        }
    }

    /// Where to write.
    pub(crate) fn file(&mut self) -> &mut File {
        match &mut self.held {
            Held::Nameless(file) => file,
            Held::Named(file) => file.as_file_mut(),
        }
    }

    /// Gives the file its name, in the place of what had it.
    pub(crate) fn appear(mut self, path: &Path) -> io::Result<()> {
        self.file().sync_all()?;
        match self.held {
            // A link does not replace what is there; a rename does.
            Held::Nameless(file) => builder().make_in(&self.parent, |name| link(&file, name))?.persist(path).map(drop).map_err(|e| e.error),
            Held::Named(file) => file.persist(path).map(drop).map_err(|e| e.error),
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Temporary files with the permissions that ordinary files get.
fn builder() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".speerlint-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

/// Where the links to open files are, by which one gets a name.
#[cfg(target_os = "linux")]
const OPEN_FILES: &str = "/proc/self/fd";

#[cfg(target_os = "linux")]
fn nameless(parent: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags, open};
    let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP | Mode::ROTH | Mode::WOTH;
    let file = open(parent, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, mode).ok()?;
    Path::new(OPEN_FILES).exists().then(|| File::from(file))
}

#[cfg(target_os = "linux")]
fn open_file(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd as _;
    Path::new(OPEN_FILES).join(file.as_raw_fd().to_string())
}

#[cfg(target_os = "linux")]
fn link(file: &File, name: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    Ok(linkat(CWD, open_file(file), CWD, name, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
const fn nameless(_: &Path) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
fn open_file(_: &File) -> PathBuf {
    PathBuf::new()
}

#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_appears_whole_and_in_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        for text in ["one", "another"] {
            let mut aside = Aside::of(&path).unwrap();
            aside.file().write_all(text.as_bytes()).unwrap();
            assert!(fs::read_to_string(&path).unwrap_or_default() != text);
            aside.appear(&path).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn until_then_it_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut aside = Aside::of(&folder.path().join("x")).unwrap();
        aside.file().write_all(b"half").unwrap();
        assert!(matches!(aside.held, Held::Nameless(_)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
