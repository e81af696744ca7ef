//! The form of an attempt: which items of the frozen version it has, in which order, and in which order options are shown.
//!
//! Everything follows from the attempt's stored seed, and nothing from keys: two items that differ only in their key are
//! drawn and shuffled alike. The drawn places are stored, so that a later version of the drawing changes no attempt.

use serde::{Deserialize, Serialize};

use crate::authoring::item::ItemGroup;
use crate::authoring::learner::LearnerItem;
use crate::authoring::{Settings, VersionContent, VersionedItem};
use crate::chance::Chance;
use crate::ids::AttemptId;

/// Places (from 0) in the order of the version's items; none means all of them in that order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Form(Option<Vec<u16>>);

/// What drawing may know of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Section, from 0.
    pub section_index: i32,
    /// The group it counts for in a mix.
    pub group: ItemGroup,
}

/// The seed of an attempt, taken from the random part of its id.
pub(super) fn seed_of(id: AttemptId) -> i64 {
    let low = u64::try_from(id.0.as_u128() & u128::from(u64::MAX)).unwrap_or_default();
    Chance::for_purpose(low, "seed").next().cast_signed()
}

impl Form {
    /// All items of the version in its order.
    pub const fn whole() -> Self {
        Self(None)
    }

    /// The form of these places.
    pub const fn of_places(places: Vec<u16>) -> Self {
        Self(Some(places))
    }

    /// Draws by the mix, and shuffles inside sections, as the settings say. `slots` are the version's items in order.
    pub fn draw(slots: &[Slot], settings: &Settings, seed: i64) -> Self {
        if settings.mix.is_none() && !settings.shuffle_items {
            return Self::whole();
        }
        let seed = seed.cast_unsigned();
        let mut places: Vec<u16> = (0..u16::try_from(slots.len()).unwrap_or(u16::MAX)).collect();
        if let Some(mix) = settings.mix {
            let groups = ItemGroup::ALL.map(|group| {
                let of_group = |place: &u16| slots[usize::from(*place)].group == group;
                let mut pool: Vec<u16> = places.iter().copied().filter(of_group).collect();
                Chance::for_purpose(seed, group.as_str()).shuffle(&mut pool);
                pool.truncate(usize::try_from(mix.of(group)).unwrap_or(usize::MAX));
                pool
            });
            places = groups.concat();
        }
        if settings.shuffle_items {
            Chance::for_purpose(seed, "items").shuffle(&mut places);
        }
        places.sort_by_key(|place| slots[usize::from(*place)].section_index);
        Self(Some(places))
    }

    /// The places, when they are not simply all.
    pub fn places(&self) -> Option<&[u16]> {
        self.0.as_deref()
    }

    /// How many items the form has of a version with `all`.
    pub fn len(&self, all: usize) -> usize {
        self.0.as_ref().map_or(all, Vec::len)
    }

    /// The form's items out of all of its version, in the form's order.
    pub fn items<'v, T>(&self, all: &'v [T]) -> Vec<&'v T> {
        match &self.0 {
            None => all.iter().collect(),
            Some(places) => places
                .iter()
                .filter_map(|place| all.get(usize::from(*place)))
                .collect(),
        }
    }

    /// What the candidate is shown of a section: items in the form's order, options in the seed's.
    pub fn section(&self, version: &VersionContent, section_index: i32, seed: i64) -> Vec<LearnerItem> {
        let items = self.items(&version.items).into_iter();
        items
            .filter(|item| item.section_index == section_index)
            .map(|item| shown(item, &version.settings, seed))
            .collect()
    }
}

/// The item without its key, as this attempt shows it.
pub(super) fn shown(item: &VersionedItem, settings: &Settings, seed: i64) -> LearnerItem {
    let mut learner = LearnerItem::from(item);
    if !settings.show_rubric {
        learner.rubric = None;
    }
    if settings.shuffle_options
        && let Some(choices) = &mut learner.choices
    {
        let purpose = item.item_version_id.to_string();
        Chance::for_purpose(seed.cast_unsigned(), &purpose).shuffle(choices);
    }
    learner
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::authoring::Mix;

    fn bank(counts: [usize; 4]) -> Vec<Slot> {
        let groups = ItemGroup::ALL.into_iter().zip(counts);
        groups
            .flat_map(|(group, count)| {
                vec![
                    Slot {
                        section_index: 0,
                        group
                    };
                    count
                ]
            })
            .collect()
    }

    fn drawn(slots: &[Slot], settings: &Settings, seed: i64) -> Vec<u16> {
        Form::draw(slots, settings, seed)
            .places()
            .unwrap_or_default()
            .to_vec()
    }

    #[test]
    fn without_mix_and_shuffle_the_form_is_the_version() {
        let form = Form::draw(&bank([3, 2, 1, 0]), &Settings::default(), 7);
        assert_eq!(form, Form::whole());
        assert_eq!(form.items(&["a", "b"]), [&"a", &"b"]);
        assert_eq!(form.len(6), 6);
    }

    #[test]
    fn a_group_with_too_few_gives_what_it_has() {
        let places = drawn(&bank([10, 1, 0, 5]), &Settings::for_tracks(), 3);
        assert_eq!(places.len(), 4);
    }

    #[test]
    fn different_attempts_draw_different_forms() {
        let bank = bank([12, 8, 8, 0]);
        let forms: BTreeSet<Vec<u16>> = (1..50_u128)
            .map(|id| {
                drawn(
                    &bank,
                    &Settings::for_tracks(),
                    seed_of(AttemptId(Uuid::from_u128(id))),
                )
            })
            .collect();
        assert!(forms.len() > 45, "{}", forms.len());
    }

    proptest! {
        #[test]
        fn a_draw_keeps_to_the_mix_repeats_nothing_and_keeps_sections_in_order(
            seed in any::<i64>(), sizes in prop::array::uniform4(0_usize..9), wanted in prop::array::uniform4(0_u32..6),
            shuffle_items: bool,
        ) {
            let mut slots = bank(sizes);
            let sections = slots.len();
            for (index, slot) in slots.iter_mut().enumerate() {
                slot.section_index = i32::try_from(index * 3 / sections.max(1)).unwrap();
            }
            let mix = Mix { rule_scored: wanted[0], essay: wanted[1], profile: wanted[2], external: wanted[3] };
            let settings = Settings { mix: Some(mix), shuffle_items, ..Settings::default() };
            let places = drawn(&slots, &settings, seed);
            prop_assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len());
            for (group, size) in ItemGroup::ALL.into_iter().zip(sizes) {
                let got = places.iter().filter(|place| slots[usize::from(**place)].group == group).count();
                prop_assert_eq!(got, size.min(usize::try_from(mix.of(group)).unwrap()));
            }
            let sections: Vec<i32> = places.iter().map(|place| slots[usize::from(*place)].section_index).collect();
            prop_assert!(sections.is_sorted());
            prop_assert_eq!(drawn(&slots, &settings, seed), places, "the seed decides");
        }
    }
}
