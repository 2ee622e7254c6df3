//! Takes a directory, gives it the report files, never one that is not whole.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::aside::Aside;
use super::tables::Tables;
use super::{chart, html, json, junit, sarif, text};
use crate::audit::Audit;
use crate::base::{Error, Result};

/// Finds out whether [`write_dir`] could write to `dir`, and leaves nothing behind.
///
/// # Errors
/// When it could not.
pub fn check_dir(dir: &Path) -> Result<()> {
    tempfile::tempfile_in(nearest(dir)).map(drop).map_err(|e| Error::output(dir, &e))
}

/// The directory itself, or the nearest one above it that is there.
pub(super) fn nearest(dir: &Path) -> &Path {
    let there = dir.ancestors().map(|d| if d.as_os_str().is_empty() { Path::new(".") } else { d }).find(|d| d.exists());
    there.unwrap_or(Path::new("."))
}

/// Writes `report.html`, `report.json`, `findings.sarif`, `findings.junit.xml`, `charts/*.svg` and the tables to `dir`, which is made where it
/// is missing. Each file is written aside and renamed when all are complete.
///
/// # Errors
/// When the directory or a file cannot be written; what could not be written stays as it was.
pub fn write_dir(dir: &Path, audit: &Audit, tables: Tables) -> Result<()> {
    let tables = tables.end(audit)?;
    let mut files = vec![
        aside(dir, "report.html", |out| out.write_all(html::page(audit).as_bytes()))?,
        aside(dir, "report.json", |out| json::write(audit, out))?,
        aside(dir, "findings.sarif", |out| sarif::write(audit, out))?,
        aside(dir, "findings.junit.xml", |out| junit::write(audit, out))?,
    ];
    for chart in chart::all(audit) {
        files.push(aside(dir, &format!("charts/{}.svg", chart.name), |out| out.write_all(chart.file().as_bytes()))?);
    }
    for (name, mut table) in tables {
        files.push(aside(dir, &name, |out| io::copy(&mut table, out).map(drop))?);
    }
    for (file, path) in files {
        file.appear(&path).map_err(|e| Error::output(&path, &e))?;
    }
    Ok(())
}

/// Writes `capacity.json`, `capacity.txt` and the charts of the load to `dir`, as [`write_dir`] does; times of the text are in `zone`.
///
/// # Errors
/// When the directory or a file cannot be written; what could not be written stays as it was.
pub fn write_capacity(dir: &Path, audit: &Audit, zone: &TimeZone) -> Result<()> {
    let plain = text::Look { width: 120, color: false };
    let mut files = vec![
        aside(dir, "capacity.json", |out| json::write_capacity(audit, out))?,
        aside(dir, "capacity.txt", |out| text::write_capacity(audit, plain, zone, out))?,
    ];
    for chart in chart::of_load(audit) {
        files.push(aside(dir, &format!("charts/{}.svg", chart.name), |out| out.write_all(chart.file().as_bytes()))?);
    }
    for (file, path) in files {
        file.appear(&path).map_err(|e| Error::output(&path, &e))?;
    }
    Ok(())
}

/// Writes one file, which appears whole or not at all; into what is no file (a pipe, a terminal) as it comes.
///
/// # Errors
/// When it cannot be written; what was there stays as it was.
pub fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let written = fs::OpenOptions::new().write(true).open(path).and_then(|file| {
            let mut out = BufWriter::new(file);
            write(&mut out)?;
            out.flush()
        });
        return written.map_err(|e| Error::output(path, &e));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (file, _) = aside(dir, &name, write)?;
    file.appear(path).map_err(|e| Error::output(path, &e))
}

/// Writes a file aside; gives it with the name that it shall have.
fn aside(dir: &Path, name: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(Aside, PathBuf)> {
    let path = dir.join(name);
    let written = (|| {
        fs::create_dir_all(path.parent().unwrap_or(dir))?;
        let mut aside = Aside::of(&path)?;
        let mut out = BufWriter::new(aside.file());
        write(&mut out)?;
        out.flush()?;
        drop(out);
        Ok(aside)
    })();
    written.map(|aside| (aside, path.clone())).map_err(|e: io::Error| Error::output(&path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn listing(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn tables(dir: &Path) -> Tables {
        Tables::begin(dir, "findings".parse().unwrap()).unwrap()
    }

    #[test]
    fn all_files_are_there_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("deep/report");
        check_dir(&dir).unwrap();
        assert!(listing(parent.path()).is_empty());
        write_dir(&dir, &sample::full(), tables(&dir)).unwrap();
        write_dir(&dir, &sample::full(), tables(&dir)).unwrap();
        let whole = ["charts", "findings.csv", "findings.junit.xml", "findings.parquet", "findings.sarif", "report.html", "report.json"];
        assert_eq!(listing(&dir), whole);
        assert_eq!(listing(&dir.join("charts")), ["concurrent.svg", "outcomes.svg", "quality.svg", "responses.svg"]);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_and_stays_as_it_was() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        fs::write(&file, "mine").unwrap();
        let dir = file.join("report");
        assert!(matches!(check_dir(&dir), Err(Error::Output { .. })));
        assert!(matches!(write_dir(&dir, &sample::full(), tables(parent.path())), Err(Error::Output { .. })));
        assert_eq!(listing(parent.path()), ["file"]);
        // One name of the report is taken by a directory: no other file may have been replaced or left over by the failed write.
        let taken = parent.path().join("taken");
        fs::create_dir_all(taken.join("report.html/x")).unwrap();
        assert!(matches!(write_dir(&taken, &sample::full(), tables(&taken)), Err(Error::Output { .. })));
        assert!(listing(&taken).iter().all(|name| ["charts", "report.html"].contains(&name.as_str())));
        assert!(listing(&taken.join("charts")).is_empty());
    }
}
