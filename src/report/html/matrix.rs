//! Takes what became of each rule in each direction, gives it as a table with links to findings, never a verdict of its own.

use std::collections::BTreeMap;

use super::excerpt::head;
use crate::audit::{Audit, Finding, FindingOutcome, Standing};
use crate::report::digest;
use crate::report::figures::counted;
use crate::rules;

/// How many directions a page has room for.
const DIRECTIONS: usize = 8;

/// Rules by directions.
pub(super) struct Matrix {
    pub(super) directions: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) more: u64,
}

/// A rule.
pub(super) struct Row {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) keys: String,
    pub(super) cells: Vec<Cell>,
}

/// What became of it in one direction.
pub(super) struct Cell {
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    pub(super) words: &'static str,
    /// The first finding of it that the page shows, and how many there are.
    pub(super) link: Option<(String, String)>,
}

/// What finds the findings of a cell: rule, direction, whether they are waived.
type Place<'a> = (&'a str, &'a str, &'a str, bool);

/// The matrix, with links to those findings that are shown.
pub(super) fn matrix(audit: &Audit, shown: &[&Finding]) -> Matrix {
    let mut found: BTreeMap<Place<'_>, (Option<&str>, u64)> = BTreeMap::new();
    let place = |f: &'_ Finding| -> bool { f.outcome == FindingOutcome::Waived };
    for finding in &audit.findings {
        found.entry((finding.rule, &finding.from, &finding.to, place(finding))).or_default().1 += 1;
    }
    for finding in shown.iter().rev() {
        if let Some(cell) = found.get_mut(&(finding.rule, finding.from.as_str(), finding.to.as_str(), place(finding))) {
            cell.0 = Some(&finding.id);
        }
    }
    let directions = &audit.compliance.directions;
    let rows = audit.compliance.rules.iter().map(|row| {
        let rule = rules::all().iter().find(|rule| rule.id == row.rule);
        let cells = directions.iter().zip(&row.standing).take(DIRECTIONS).map(|([from, to], &standing)| {
            let place = (row.rule, from.as_str(), to.as_str(), standing == Standing::Waived);
            let link = found.get(&place).and_then(|&(first, n)| Some((first?.to_owned(), counted(n, "finding"))));
            cell(standing, link.filter(|_| matches!(standing, Standing::Broken | Standing::Waived)))
        });
        Row {
            id: row.rule,
            title: rule.map_or("", |rule| rule.title),
            keys: rule.map(|rule| rule.keys.join(", ")).unwrap_or_default(),
            cells: cells.collect(),
        }
    });
    Matrix {
        rows: rows.collect(),
        directions: directions.iter().take(DIRECTIONS).map(named).collect(),
        more: directions.len().saturating_sub(DIRECTIONS) as u64,
    }
}

fn named([from, to]: &[String; 2]) -> String {
    if from == "*" && to == "*" { "as a whole".to_owned() } else { head(&digest::direction(from, to), 80) }
}

fn cell(standing: Standing, link: Option<(String, String)>) -> Cell {
    let (class, mark, words) = match standing {
        Standing::Broken => ("broken", "✗", "broken"),
        Standing::Waived => ("waived", "~", "waived"),
        Standing::Kept => ("kept", "✓", "kept"),
        Standing::KeptInPart => ("kept", "✓", "kept, not always judged"),
        Standing::NotJudged => ("not-judged", "?", "not judged"),
        Standing::NotApplicable => ("never-applied", "·", "not applicable"),
    };
    Cell { class, mark, words, link }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_broken_cell_leads_to_its_finding() {
        let audit = sample::full();
        let matrix = matrix(&audit, &audit.findings.iter().collect::<Vec<_>>());
        assert_eq!(matrix.directions, ["alpha → bravo", "bravo → alpha", "as a whole"]);
        let of = |id: &str, column: usize| &matrix.rows.iter().find(|row| row.id == id).unwrap().cells[column];
        assert_eq!(of("SIP-METHOD-001", 1).link, Some(("F-0001".to_owned(), "1 finding".to_owned())));
        assert_eq!((of("SIP-METHOD-001", 0).words, &of("SIP-METHOD-001", 0).link), ("kept", &None));
        assert_eq!((of("PRV-TOPO-001", 1).words, of("PRV-TOPO-001", 1).link.is_some()), ("waived", true));
        // A finding that the page has no room for cannot be linked to.
        assert_eq!(super::matrix(&audit, &[]).rows[0].cells[1].link, None);
    }
}
