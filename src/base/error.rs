//! Takes what kept us from doing the job, gives one line that names the place and the next step, never a finding.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// We could not do the job: exit status 2.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An input that is missing, unreadable or no capture.
    #[error("{}: {why}", path.display())]
    Input {
        /// The file as the user named it; `-` for standard input.
        path: PathBuf,
        /// What is wrong with it, with the offset where there is one.
        why: String,
    },
    /// An output that could not be written.
    #[error("cannot write {}: {why}", path.display())]
    Output {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A policy that cannot be believed; the text holds every mistake with its place.
    #[error("{report}")]
    Policy {
        /// All mistakes, rendered with carets.
        report: String,
    },
    /// A command line that asks for something impossible.
    #[error("{0}")]
    Usage(String),
}

/// What can fail as an [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An input error.
    pub fn input(path: &Path, why: impl Into<String>) -> Self {
        Self::Input { path: path.to_owned(), why: why.into() }
    }

    /// An output error.
    pub fn output(path: &Path, why: &std::io::Error) -> Self {
        Self::Output { path: path.to_owned(), why: reason(why) }
    }
}

/// Why the system refused, for people: what is usual without the number of the error and what else stands around it.
#[must_use]
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file or directory".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "is a directory".to_owned(),
        ErrorKind::NotADirectory => "not a directory".to_owned(),
        _ => error.to_string(),
    }
}
