//! Three ways to answer: by the key, mostly beside the point, not at all.

use std::collections::BTreeMap;

use domain::authoring::item::{ItemBody, ItemContent};
use domain::authoring::sample_answers::{answer_key, wrong_answer};
use serde_json::Value;
use uuid::Uuid;

use super::replies::Definition;

/// Of each kind the weak candidate leaves every fourth item out.
const WEAK_GAP: usize = 4;

/// How a candidate answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Strong,
    Weak,
    Blank,
}

/// Question → answer; what is missing stays unanswered.
pub(super) type AnswerSheet = BTreeMap<Uuid, Value>;

impl Script {
    pub(super) const ALL: [Self; 3] = [Self::Strong, Self::Weak, Self::Blank];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Weak => "weak",
            Self::Blank => "blank",
        }
    }

    /// The answers of this script to a whole assessment.
    pub(super) fn answers(self, definition: &Definition) -> AnswerSheet {
        let mut met = BTreeMap::new();
        let mut sheet = AnswerSheet::new();
        for item in definition.items() {
            let nth = met.entry(item.body.kind()).or_insert(0);
            sheet.extend(self.answer(*nth, &item.content()).map(|answer| (item.id, answer)));
            *nth += 1;
        }
        sheet
    }

    /// The answer to the `nth` item of its kind, from 0.
    fn answer(self, nth: usize, item: &ItemContent) -> Option<Value> {
        let answer = match self {
            Self::Strong => answer_key(item),
            Self::Weak => weak_answer(nth, item)?,
            Self::Blank => return None,
        };
        (!answer.is_null()).then_some(answer)
    }
}

/// Wrong but for every other statement, and the first half of every other short answer, so that partial marks show.
fn weak_answer(nth: usize, item: &ItemContent) -> Option<Value> {
    if nth % WEAK_GAP == WEAK_GAP - 1 {
        return None;
    }
    Some(match &item.body {
        ItemBody::TrueFalse { .. } if nth.is_multiple_of(2) => answer_key(item),
        ItemBody::ShortAnswer { reference, .. } if nth.is_multiple_of(2) => first_half(reference).into(),
        _ => wrong_answer(item),
    })
}

fn first_half(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words[..words.len().div_ceil(2)].join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::definition;
    use super::*;

    #[test]
    fn the_strong_know_the_weak_guess_and_the_blank_say_nothing() {
        let definition = definition();
        let sheets = Script::ALL.map(|script| script.answers(&definition));
        let [strong, weak, blank] = &sheets;
        assert_eq!(strong.len(), definition.items().count());
        assert_eq!(strong[&Uuid::from_u128(1)], json!("b"));
        assert_eq!(weak[&Uuid::from_u128(1)], json!("a"));
        assert!(blank.is_empty());
    }

    #[test]
    fn the_weak_know_half_of_some_short_answers() {
        let definition = definition();
        let item = definition.items().nth(2).unwrap().content();
        assert_eq!(Script::Weak.answer(2, &item), Some(json!("A")));
        assert_ne!(Script::Weak.answer(1, &item), Some(json!("A")));
        assert_eq!(first_half("one two three"), "one two");
    }

    #[test]
    fn the_weak_leave_gaps() {
        let definition = definition();
        let item = definition.items().next().unwrap().content();
        let answered: Vec<bool> = (0..8)
            .map(|nth| Script::Weak.answer(nth, &item).is_some())
            .collect();
        assert_eq!(answered.iter().filter(|answered| !**answered).count(), 2);
    }
}
