//! A refused proposal made again: the same question about the same sentences with other wrong options or another order,
//! as another seed gives them. Nothing is ever repaired; what comes out the same again is dropped.

use std::collections::BTreeMap;

use super::super::item::ItemKind;
use super::makers::{Candidate, Workshop};

/// How often an item may be made before it is dropped.
pub(super) const MOST_TRIES: u8 = 3;

/// The workshops of the further tries, with what they made so far.
pub(super) struct Remaker<'a> {
    first: &'a Workshop<'a>,
    made: BTreeMap<(usize, u8), Vec<Candidate>>,
}

impl<'a> Remaker<'a> {
    pub(super) const fn new(first: &'a Workshop<'a>) -> Self {
        Self {
            first,
            made: BTreeMap::new(),
        }
    }

    /// The proposal as the next try makes it; `None` when that is no different or there have been enough.
    pub(super) fn anew(&mut self, refused: &Candidate, tries: u8) -> Option<Candidate> {
        let kind = refused.item.body.kind();
        if tries >= MOST_TRIES || !is_varied(kind) {
            return None;
        }
        let section = self.first.section_of(refused)?;
        let first = self.first;
        let again = self.made.entry((section, tries)).or_insert_with(|| {
            let workshop = first.with_another_seed(u64::from(tries));
            workshop.candidates(section, &is_varied)
        });
        let same_question = |other: &&Candidate| {
            other.item.body.kind() == kind
                && other.sentences == refused.sentences
                && other.item.stem == refused.item.stem
        };
        let another = again.iter().find(same_question)?;
        (another.item.body != refused.item.body).then(|| another.clone())
    }
}

/// Kinds whose body depends on the seed.
const fn is_varied(kind: ItemKind) -> bool {
    matches!(
        kind,
        ItemKind::MultipleChoice | ItemKind::MultipleResponse | ItemKind::Matching | ItemKind::Ordering
    )
}
