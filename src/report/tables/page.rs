//! Takes the tables, gives their schema as Markdown, never a row of one.

use std::fmt::{self, Display};

use super::{CAPTURES_KEY, Column, Kind, SCHEMA_KEY, Table, calls, findings, messages, metrics, streams};

/// The page of all tables, displayed as Markdown.
#[derive(Clone, Copy, Debug)]
pub struct Page;

impl Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Tables\n")?;
        writeln!(
            f,
            "What `speerlint audit --out DIR` writes as `NAME.csv` and `NAME.parquet`. This page is made from the columns in this folder by a"
        )?;
        writeln!(f, "test, which fails and rewrites it when it is stale.\n")?;
        writeln!(
            f,
            "A schema has a name and a version; Parquet files carry it in their metadata under `{SCHEMA_KEY}`. Within a version columns are"
        )?;
        writeln!(
            f,
            "only added at the end, never renamed, moved or given another meaning. `{CAPTURES_KEY}` holds the paths of the captures as a"
        )?;
        writeln!(f, "JSON list: `capture` of a row counts in it, from 0, as in `captures` of `report.json`.\n")?;
        writeln!(f, "| type | in Parquet | in CSV |\n| --- | --- | --- |")?;
        writeln!(
            f,
            "| text | BYTE_ARRAY, STRING: as on the wire, octets that are no UTF-8 replaced | controls written out (`\\r`, `\\x1b`), an apostrophe before what a spreadsheet would run |"
        )?;
        writeln!(f, "| whole | INT64 | digits |")?;
        writeln!(f, "| real | DOUBLE | the shortest decimal number that reads back as the same |")?;
        writeln!(f, "| time | INT64, TIMESTAMP in nanoseconds, UTC | RFC 3339 with nine digits, UTC |")?;
        writeln!(f, "| truth | BOOLEAN | `true`, `false` |\n")?;
        writeln!(
            f,
            "Undefined is null in Parquet and empty in CSV, only in columns that say so. Rows come in the same order for any number of threads,"
        )?;
        writeln!(f, "and for a capture that is cut in pieces.")?;
        table(f, &calls())?;
        table(f, &streams())?;
        table(f, &messages())?;
        table(f, &findings())?;
        table(f, &metrics())
    }
}

fn table<R>(f: &mut fmt::Formatter<'_>, table: &Table<R>) -> fmt::Result {
    writeln!(f, "\n## {}: `{}`\n", table.name, table.schema())?;
    writeln!(f, "A row is {}. Rows come {}.\n", table.row, table.order)?;
    writeln!(f, "| column | type | unit | null | meaning |\n| --- | --- | --- | --- | --- |")?;
    table.columns.iter().try_for_each(|column| line(f, column))
}

fn line<R>(f: &mut fmt::Formatter<'_>, column: &Column<R>) -> fmt::Result {
    let kind = match column.kind() {
        Kind::Text => "text",
        Kind::Whole => "whole",
        Kind::Real => "real",
        Kind::Time => "time",
        Kind::Truth => "truth",
    };
    let null = if column.nullable() { "yes" } else { "" };
    writeln!(f, "| `{}` | {kind} | {} | {null} | {} |", column.name, column.unit, column.meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_tables_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/tables/README.md");
        let page = Page.to_string();
        if std::fs::read_to_string(path).ok().as_ref() != Some(&page) {
            std::fs::write(path, page).unwrap();
            panic!("src/report/tables/README.md was stale and has been rewritten: commit it");
        }
    }
}
