//! Takes what rules said with the direction that they said it of, gives what became of each rule in each direction, never how often.

use foldhash::fast::FixedState;
use indexmap::IndexMap;
use serde::Serialize;

use super::docket::Docket;
use crate::policy::Party;

/// What became of a rule in a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Broken at least once, and no waiver covers that.
    Broken,
    /// Broken only where a waiver covers it.
    Waived,
    /// Kept whenever there was something to judge.
    Kept,
    /// Kept whenever it could be judged, which was not always.
    KeptInPart,
    /// There was something to judge, and it never could be.
    NotJudged,
    /// There was nothing to judge.
    NotApplicable,
}

/// Rules by directions: `compliance` of the report.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ComplianceMatrix {
    /// From whom to whom; `*` to `*` for what has no direction.
    pub directions: Vec<[String; 2]>,
    /// The rules that were applicable somewhere, in the order of the catalogue.
    pub rules: Vec<ComplianceRow>,
}

/// What became of a rule.
#[derive(Clone, Debug, Serialize)]
pub struct ComplianceRow {
    /// The rule.
    pub rule: &'static str,
    /// In each direction, in the order of [`ComplianceMatrix::directions`].
    pub standing: Vec<Standing>,
}

/// What a rule said, as bits that are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Pass = 1,
    Broken = 2,
    Waived = 4,
    Unjudged = 8,
}

type Direction = Option<(Party, Party)>;

/// An octet for each rule of each direction that was met: the same whatever the order, so that parts can be merged.
#[derive(Clone, Debug)]
pub struct Compliance {
    rules: usize,
    directions: IndexMap<Direction, Box<[u8]>, FixedState>,
    /// The place that was asked for last: the breaches of a message are of one direction.
    last: usize,
}

/// So many directions are found sooner by looking than by hashing: two border elements on each side have eight.
const FEW: usize = 12;

impl Compliance {
    /// Nothing said of so many rules.
    #[must_use]
    pub fn new(rules: usize) -> Self {
        Self { rules, directions: IndexMap::with_hasher(FixedState::default()), last: 0 }
    }

    /// The place of a direction, for [`Compliance::note`].
    pub(super) fn place(&mut self, direction: Direction) -> usize {
        if self.directions.get_index(self.last).is_some_and(|(known, _)| *known == direction) {
            return self.last;
        }
        let near = self.directions.keys().take(FEW).position(|known| *known == direction);
        self.last = near.unwrap_or_else(|| {
            let slot = self.directions.entry(direction);
            let place = slot.index();
            slot.or_insert_with(|| vec![0; self.rules].into());
            place
        });
        self.last
    }

    /// Notes what a rule said.
    pub(super) fn note(&mut self, place: usize, rule: u16, said: Said) {
        let octets = self.directions.get_index_mut(place).map(|(_, octets)| octets);
        if let Some(octet) = octets.and_then(|octets| octets.get_mut(usize::from(rule))) {
            *octet |= said as u8;
        }
    }

    /// Adds another part of the capture.
    pub fn merge(&mut self, other: Self) {
        for (direction, theirs) in other.directions {
            self.absorb(direction, &theirs);
        }
    }

    fn absorb(&mut self, direction: Direction, theirs: &[u8]) {
        let mine = self.directions.entry(direction).or_insert_with(|| vec![0; self.rules].into());
        mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine |= theirs);
    }

    /// Gives hosts the name of their side, and folds what becomes the same.
    pub fn rename(&mut self, side: impl Fn(Party) -> Party) {
        for (direction, octets) in std::mem::take(&mut self.directions) {
            self.absorb(direction.map(|(from, to)| (side(from), side(to))), &octets);
        }
    }

    /// The matrix; directions of which no rule said anything are left out, and so are rules that said nothing.
    pub(super) fn matrix(&self, docket: &Docket, name: impl Fn(Party) -> String) -> ComplianceMatrix {
        let mut directions: Vec<(&Direction, &Box<[u8]>)> =
            self.directions.iter().filter(|(_, octets)| octets.iter().any(|&octet| octet > 0)).collect();
        // What has no direction comes last.
        directions.sort_by_key(|(direction, _)| (direction.is_none(), **direction));
        let standing = |rule: usize| directions.iter().map(|(_, octets)| read(octets.get(rule).copied().unwrap_or(0))).collect();
        let rows = docket.rules.iter().enumerate().map(|(place, rule)| ComplianceRow { rule: rule.id, standing: standing(place) });
        let named = |direction: &Direction| match *direction {
            Some((from, to)) => [name(from), name(to)],
            None => ["*".to_owned(), "*".to_owned()],
        };
        ComplianceMatrix {
            rules: rows.filter(|row| row.standing.iter().any(|&s| s != Standing::NotApplicable)).collect(),
            directions: directions.iter().map(|(direction, _)| named(direction)).collect(),
        }
    }
}

fn read(octet: u8) -> Standing {
    let has = |said: Said| octet & said as u8 > 0;
    match () {
        () if has(Said::Broken) => Standing::Broken,
        () if has(Said::Waived) => Standing::Waived,
        () if has(Said::Pass) && has(Said::Unjudged) => Standing::KeptInPart,
        () if has(Said::Pass) => Standing::Kept,
        () if has(Said::Unjudged) => Standing::NotJudged,
        () => Standing::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALPHA: Party = Party::Declared(0);
    const BRAVO: Party = Party::Declared(1);

    fn part(said: &[(Direction, u16, Said)]) -> Compliance {
        let mut part = Compliance::new(3);
        for &(direction, rule, said) in said {
            let place = part.place(direction);
            part.note(place, rule, said);
        }
        part
    }

    #[test]
    fn the_worst_that_was_said_stands_in_whatever_order() {
        let there = Some((ALPHA, BRAVO));
        let parts = [part(&[(there, 0, Said::Pass), (there, 1, Said::Unjudged)]), part(&[(there, 0, Said::Broken), (None, 2, Said::Pass)])];
        let mut forth = parts[0].clone();
        forth.merge(parts[1].clone());
        let mut back = parts[1].clone();
        back.merge(parts[0].clone());
        for all in [forth, back] {
            let of = |direction: Direction| all.directions[&direction].iter().map(|&octet| read(octet)).collect::<Vec<_>>();
            assert_eq!(of(there), [Standing::Broken, Standing::NotJudged, Standing::NotApplicable]);
            assert_eq!(of(None), [Standing::NotApplicable, Standing::NotApplicable, Standing::Kept]);
        }
    }

    #[test]
    fn what_could_not_always_be_judged_is_kept_in_part() {
        assert_eq!(read(Said::Pass as u8 | Said::Unjudged as u8), Standing::KeptInPart);
        assert_eq!(read(Said::Waived as u8 | Said::Pass as u8), Standing::Waived);
    }
}
