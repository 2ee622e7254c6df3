//! Takes the captures that a user named, gives the decryption secrets in them before a frame is read, never those of a pipe.
//!
//! They may stand behind the traffic that they open: a file is read for them once more, a pipe cannot be.

use std::fs;
use std::path::{Path, PathBuf};

use super::Secrets;
use super::file::CaptureFile;
use super::inputs::expand;
use crate::base::Result;

/// Whether a capture can be read more than once.
pub(super) fn is_file(path: &Path) -> bool {
    path != Path::new("-") && fs::metadata(path).is_ok_and(|meta| meta.is_file())
}

/// The decryption secrets of all captures that are files.
///
/// # Errors
/// If an input is missing, cannot be read or is no capture.
pub fn secrets(inputs: &[PathBuf]) -> Result<Vec<Secrets>> {
    let mut found = Vec::new();
    for path in expand(inputs)?.iter().filter(|path| is_file(path)) {
        found.extend(CaptureFile::open(path, false)?.into_secrets()?);
    }
    Ok(found)
}
