//! Takes the inputs that a user named, gives the capture files they stand for, never their order in time.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::file::CaptureFile;
use crate::base::{Error, Result};

/// The capture files behind files, directories, glob patterns and `-`; each file once.
/// An error if an input does not exist, a pattern matches nothing, or a directory holds no capture.
pub(super) fn expand(inputs: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for input in inputs {
        if input == Path::new("-") {
            files.push(input.clone());
        } else if input.is_dir() {
            files.extend(captures_below(input)?);
        } else if input.exists() {
            files.push(input.clone());
        } else {
            files.extend(matching(input)?);
        }
    }
    let mut seen = HashSet::new();
    files.retain(|file| seen.insert(fs::canonicalize(file).unwrap_or_else(|_| file.clone())));
    Ok(files)
}

/// What a glob pattern stands for.
fn matching(pattern: &Path) -> Result<Vec<PathBuf>> {
    let missing = || Error::input(pattern, "no such file or directory");
    let text = pattern.to_str().filter(|text| text.contains(['*', '?', '['])).ok_or_else(missing)?;
    let paths = glob::glob(text).map_err(|error| Error::input(pattern, format!("not a file, and not a pattern: {error}")))?;
    let mut files = Vec::new();
    for path in paths {
        let path = path.map_err(|error| Error::input(error.path(), error.error().to_string()))?;
        if path.is_dir() { files.extend(captures_below(&path)?) } else { files.push(path) }
    }
    if files.is_empty() { Err(Error::input(pattern, "the pattern matches no file")) } else { Ok(files) }
}

/// Every capture in a directory and the directories below it, recognised by content. Links to directories are not followed: they may lead in a circle.
fn captures_below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut ahead = vec![directory.to_owned()];
    while let Some(directory) = ahead.pop() {
        let fail = |error: std::io::Error| Error::input(&directory, error.to_string());
        for entry in fs::read_dir(&directory).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let path = entry.path();
            if entry.file_type().map_err(fail)?.is_dir() {
                ahead.push(path);
            } else if path.is_file() && CaptureFile::is_capture(&path)? {
                files.push(path);
            }
        }
    }
    files.sort();
    if files.is_empty() { Err(Error::input(directory, "the directory holds no capture")) } else { Ok(files) }
}
