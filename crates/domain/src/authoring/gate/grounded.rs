//! The key can be read in the cited span.

use super::super::item::{Blank, Choice, ItemBody, ItemContent};
use super::split_options;
use super::wording::{content_stems, normal, share_within, squashed};

/// Share of a written reference's content words that must come from the span.
const WRITTEN_SHARE: f64 = 0.8;

pub(super) fn check(item: &ItemContent) -> Result<(), String> {
    let Some(source) = &item.source else {
        return Err("no source is cited".to_owned());
    };
    if source.quote.trim().is_empty() || source.end <= source.start || source.page == 0 {
        return Err("the cited span is empty".to_owned());
    }
    let quote = Quote {
        text: &source.quote,
        squashed: squashed(&source.quote),
    };
    match &item.body {
        ItemBody::MultipleChoice { .. } | ItemBody::MultipleResponse { .. } => {
            quote.has_all(&split_options(item).0)
        }
        ItemBody::TrueFalse { key, .. } => quote.decides(&item.stem, *key),
        ItemBody::FillBlank { blanks } => quote.fills(&item.stem, blanks),
        ItemBody::Matching { left, right, .. } => {
            quote.has_all(&texts(left))?;
            quote.has_all(&texts(right))
        }
        ItemBody::Numeric { key, .. } => quote.has_number(*key),
        ItemBody::Ordering { options, key, .. } => quote.has_in_order(options, key),
        ItemBody::ShortAnswer { reference, .. } => quote.supports(reference),
        ItemBody::Essay { reference, .. } => reference.iter().try_for_each(|text| quote.supports(text)),
        // There is no key to be found in a text.
        ItemBody::Coding { .. } | ItemBody::Profile { .. } | ItemBody::FileUpload { .. } => Ok(()),
    }
}

struct Quote<'a> {
    text: &'a str,
    squashed: String,
}

impl Quote<'_> {
    fn has(&self, text: &str) -> bool {
        let wanted = squashed(text);
        !wanted.is_empty() && self.squashed.contains(&wanted)
    }

    fn has_all(&self, wanted: &[&str]) -> Result<(), String> {
        match wanted.iter().find(|text| !self.has(text)) {
            Some(text) => Err(format!("“{text}” is not in the cited span")),
            None => Ok(()),
        }
    }

    fn decides(&self, statement: &str, key: bool) -> Result<(), String> {
        match (self.has(statement), key) {
            (false, true) => Err("the true statement is not in the cited span".to_owned()),
            (true, false) => Err("the false statement stands in the cited span".to_owned()),
            _ if content_stems(statement).is_disjoint(&content_stems(self.text)) => {
                Err("the statement has nothing to do with the cited span".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The words around the gaps must be the span's own, so that the gap has the span's answer.
    fn fills(&self, stem: &str, blanks: &[Blank]) -> Result<(), String> {
        let share = share_within(
            &content_stems(&stem.replace("____", " ").replace("(n)", "")),
            &content_stems(self.text),
        );
        if share < WRITTEN_SHARE {
            return Err("the sentence with gaps is not from the cited span".to_owned());
        }
        match blanks
            .iter()
            .find(|blank| !blank.accepted.iter().any(|answer| self.has(answer)))
        {
            Some(blank) => Err(format!("no answer of blank {} is in the cited span", blank.id)),
            None => Ok(()),
        }
    }

    fn has_number(&self, key: f64) -> Result<(), String> {
        let close = |value: f64| (value - key).abs() <= 1e-9 * key.abs().max(1.0);
        let text = normal(self.text);
        let found = text.split(' ').any(|word| {
            let digits: String = word
                .chars()
                .take_while(|letter| letter.is_ascii_digit() || *letter == '.')
                .collect();
            digits.parse::<f64>().is_ok_and(close)
        });
        if found {
            Ok(())
        } else {
            Err(format!("the number {key} is not in the cited span"))
        }
    }

    fn has_in_order(&self, options: &[Choice], key: &[String]) -> Result<(), String> {
        let mut rest = self.squashed.as_str();
        for id in key {
            let text = options
                .iter()
                .find(|option| option.id == *id)
                .map_or("", |option| option.text.as_str());
            let wanted = squashed(text);
            let Some(at) = rest.find(&wanted).filter(|_| !wanted.is_empty()) else {
                return Err(format!("“{text}” does not follow in the cited span"));
            };
            rest = &rest[at + wanted.len()..];
        }
        Ok(())
    }

    fn supports(&self, reference: &str) -> Result<(), String> {
        let words = content_stems(reference);
        // A word broken over two lines is not among the span's words but in its squashed text.
        let missing = words
            .difference(&content_stems(self.text))
            .filter(|word| !self.squashed.contains(*word))
            .count();
        if words.is_empty() || super::wording::ratio(words.len() - missing, words.len()) < WRITTEN_SHARE {
            return Err("the reference answer is not supported by the cited span".to_owned());
        }
        Ok(())
    }
}

fn texts(choices: &[Choice]) -> Vec<&str> {
    choices.iter().map(|choice| choice.text.as_str()).collect()
}
