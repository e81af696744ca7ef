//! The number of a statement is asked.

use super::super::super::item::{CognitiveLevel, Difficulty, ItemBody, Tolerance};
use super::super::english::without_stop;
use super::super::facts::{Quantity, quantities_in};
use super::{Candidate, Outline, Workshop};

/// How far off an answer may be when the text itself says `about`.
const APPROXIMATE_TOLERANCE: f64 = 0.05;

impl Workshop<'_> {
    pub(super) fn numbers(&self, section: usize) -> Vec<Candidate> {
        self.plain_in(section)
            .into_iter()
            .flat_map(|sentence| self.numbers_of(sentence))
            .collect()
    }

    fn numbers_of(&self, sentence: usize) -> Vec<Candidate> {
        let text = self.document.text(sentence);
        let quantities = quantities_in(text);
        // Several bare counts in one sentence are an example, not knowledge.
        let bare_counts = quantities
            .iter()
            .filter(|quantity| quantity.unit.is_none() && quantity.value < 1000.0)
            .count();
        let asked = quantities
            .iter()
            .filter(|quantity| bare_counts <= 1 && quantities.len() <= 3 && is_worth_asking(quantity));
        asked
            .filter_map(|quantity| self.number(text, quantity, sentence))
            .collect()
    }

    fn number(&self, text: &str, quantity: &Quantity, sentence: usize) -> Option<Candidate> {
        let asked = self.direct_question(text, quantity);
        let direct = asked.is_some();
        let gap = format!(
            "{}____{}",
            &text[..quantity.range.start],
            &text[quantity.range.end..]
        );
        let stem = asked.unwrap_or_else(|| format!("Which number completes the statement? “{gap}”"));
        let tolerance = if quantity.approximate {
            Tolerance::Relative(APPROXIMATE_TOLERANCE)
        } else {
            Tolerance::Absolute(0.0)
        };
        let body = ItemBody::Numeric {
            key: quantity.value,
            tolerance,
            unit: quantity.unit.clone(),
        };
        let outline = Outline {
            stem,
            marks: 2,
            level: CognitiveLevel::Remember,
            difficulty: Difficulty::Medium,
            quality: if direct || quantity.unit.is_some() { 4 } else { 3 },
        };
        self.candidate(outline, body, vec![sentence])
    }

    /// `A log segment has a default size of 16 megabytes` → `What default size does a log segment have, in megabytes?`
    fn direct_question(&self, text: &str, quantity: &Quantity) -> Option<String> {
        let unit = quantity.unit.as_deref()?;
        let head = text[..quantity.range.start].strip_suffix(" of ")?;
        let rest = without_stop(text[quantity.range.end..].trim_start().strip_prefix(unit)?);
        let verbs = [
            (" has a ", "have"),
            (" has an ", "have"),
            (" uses a ", "use"),
            (" requires a ", "require"),
        ];
        let (subject, feature, verb) = verbs.iter().find_map(|(mark, verb)| {
            head.split_once(mark)
                .map(|(subject, feature)| (subject, feature, *verb))
        })?;
        let plain =
            subject.split(' ').count() <= 8 && feature.split(' ').count() <= 4 && !subject.contains(',');
        let alone = rest.is_empty();
        let subject = self.document.casing.inside(subject);
        (plain && alone).then(|| format!("What {feature} does {subject} {verb}, in {unit}?"))
    }
}

/// A lone `1` is more often a word than an amount.
fn is_worth_asking(quantity: &Quantity) -> bool {
    quantity.unit.is_some() || quantity.value > 1.0
}
