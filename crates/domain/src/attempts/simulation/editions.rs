//! What varies between assessments and between the versions published of one: an edition, and a version frozen from it.

use super::catalogue::{ASSESSMENTS, MAX_ITEMS, PER_SECTION, TRACK, version_id};
use crate::attempts::OpenVersion;
use crate::authoring::{DefinitionKind, Mix, Settings};
use crate::time::Timestamp;

/// Editions of each assessment; any of them can be published again and again.
pub(super) const EDITIONS: usize = 2;

/// What an assessment can be published as.
pub(super) type Setup = [Edition; EDITIONS];

/// Whether there is anything to recommend: in worlds whose track shuffles its items, which has nothing to do with it.
pub(super) fn has_catalogue(setups: &[Setup; ASSESSMENTS]) -> bool {
    setups[TRACK][0].shuffle_items
}

const MINUTE: i64 = 60_000_000;

/// Sitting, timing and scoring rules with the number of sections and items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edition {
    pub(super) sections: i32,
    /// Items; of a track those of its bank.
    pub(super) items: usize,
    pub(super) time_limit_minutes: Option<u32>,
    pub(super) inactivity_minutes: u32,
    pub(super) max_attempts: Option<u32>,
    pub(super) score_on_expiry: bool,
    pub(super) hold_results: bool,
    pub(super) shuffle_items: bool,
    /// Minutes from publication.
    pub(super) opens: Option<i64>,
    /// Minutes from publication.
    pub(super) closes: Option<i64>,
    pub(super) cool_down_minutes: Option<u32>,
    pub(super) access_code: Option<&'static str>,
    /// How many true-or-false items, texts, profile items, and programs or files are drawn.
    pub(super) mix: Option<[u32; 4]>,
}

impl Edition {
    /// The simplest one: a generated assessment of two sections that only inactivity ends, to be taken once.
    pub(super) const PLAIN: Self = Self {
        sections: 2,
        items: 2 * PER_SECTION,
        time_limit_minutes: None,
        inactivity_minutes: 30,
        max_attempts: Some(1),
        score_on_expiry: true,
        hold_results: false,
        shuffle_items: false,
        opens: None,
        closes: None,
        cool_down_minutes: None,
        access_code: None,
        mix: None,
    };

    /// The simplest track: any number of attempts, all kinds drawn.
    pub(super) const PLAIN_TRACK: Self = Self {
        sections: 1,
        items: MAX_ITEMS,
        max_attempts: None,
        mix: Some([2, 1, 1, 1]),
        ..Self::PLAIN
    };

    /// An edition from bytes; zeros give the simplest one.
    pub(super) fn decode(track: bool, bytes: [u8; 9]) -> Self {
        let pick = |index: usize, of: usize| usize::from(bytes[index]) * of / 256;
        let sections = if track { 1 } else { [1, 2, 3][pick(0, 3)] };
        let generated_items = usize::try_from(sections).expect("a positive number") * PER_SECTION;
        let limits = [None, None, Some(2), Some(1)];
        let track_limits = [None, None, None, Some(2)];
        let mixes = [Some([2, 1, 1, 1]), None, Some([1, 2, 1, 0]), Some([9, 1, 0, 2])];
        let (opens, closes) = [
            (None, None),
            (None, None),
            (None, None),
            (None, None),
            (None, None),
            (None, None),
            (Some(5), None),
            (None, Some(25)),
            (Some(3), Some(40)),
            (None, Some(200)),
        ][pick(5, 10)];
        Self {
            sections,
            items: if track {
                MAX_ITEMS - pick(0, 2)
            } else {
                generated_items
            },
            time_limit_minutes: [None, Some(10), Some(30), Some(45)][pick(1, 4)],
            inactivity_minutes: [30, 10][pick(2, 2)],
            max_attempts: if track { track_limits } else { limits }[pick(3, 4)],
            score_on_expiry: pick(4, 3) < 2,
            hold_results: bytes[4] % 3 == 2,
            shuffle_items: bytes[8] % 2 == 1,
            opens,
            closes,
            cool_down_minutes: [None, None, None, Some(10)][pick(6, 4)],
            access_code: [None, None, None, Some(" Blue Heron"), Some("finch")][pick(7, 5)],
            mix: if track { mixes[pick(8, 4)] } else { None },
        }
    }
}

/// A frozen version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) assessment: usize,
    pub(super) edition: Edition,
    pub(super) published: i64,
}

impl Version {
    pub(super) const fn is_track(&self) -> bool {
        self.assessment == TRACK
    }

    /// When attempts may begin, in microseconds.
    pub(super) fn opens_at(&self) -> Option<i64> {
        self.edition
            .opens
            .map(|minutes| self.published + minutes * MINUTE)
    }

    /// When they have to end.
    pub(super) fn closes_at(&self) -> Option<i64> {
        self.edition
            .closes
            .map(|minutes| self.published + minutes * MINUTE)
    }

    /// The same for the code under test.
    pub(super) fn settings(&self) -> Settings {
        let edition = &self.edition;
        Settings {
            time_limit_minutes: edition.time_limit_minutes,
            inactivity_minutes: edition.inactivity_minutes,
            score_on_expiry: edition.score_on_expiry,
            max_attempts: edition.max_attempts,
            opens_at: self.opens_at().map(Timestamp::from_micros),
            closes_at: self.closes_at().map(Timestamp::from_micros),
            cool_down_minutes: edition.cool_down_minutes,
            access_code: edition.access_code.map(str::to_owned),
            shuffle_items: edition.shuffle_items,
            hold_results: edition.hold_results,
            mix: edition.mix.map(|[rule_scored, essay, profile, external]| Mix {
                rule_scored,
                essay,
                profile,
                external,
            }),
            ..Settings::default()
        }
    }

    pub(super) fn open(&self, number: usize) -> OpenVersion {
        OpenVersion {
            id: version_id(number),
            kind: if self.is_track() {
                DefinitionKind::Track
            } else {
                DefinitionKind::Generated
            },
            section_count: self.edition.sections,
            item_count: u32::try_from(self.edition.items).expect("a small number"),
            settings: self.settings(),
        }
    }
}
