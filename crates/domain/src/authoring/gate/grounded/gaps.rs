//! A sentence with gaps is filled from the span: the words around a gap are found there, and what stands between them.

use super::super::super::item::Blank;
use super::super::reading::Reading;
use super::super::wording::{content_stems, normal, squashed};

const GAP: &str = "____";
/// Share of the words around the gaps that must be the span's own.
const OWN_WORDS: f64 = 0.8;
/// So many words before and after a gap lead to the place it was cut from.
const LEADING_WORDS: usize = 3;
/// A filler is at most so long, in letters and digits.
const LONGEST_FILLER: usize = 40;

pub(super) fn check(reading: &Reading, stem: &str, blanks: &[Blank]) -> Result<(), String> {
    let parts: Vec<String> = stem.split(GAP).map(without_open_article).collect();
    let around = content_stems(&parts.join(" "));
    if reading.share_of(&around) < OWN_WORDS {
        return Err("the sentence with gaps is not from the cited span".to_owned());
    }
    for (blank, neighbours) in blanks.iter().zip(parts.windows(2)) {
        let (before, after) = (last_words(&neighbours[0]), first_words(&neighbours[1]));
        let accepted: Vec<String> = blank.accepted.iter().map(|answer| squashed(answer)).collect();
        if !accepted.iter().any(|answer| reading.squashed.contains(answer)) {
            return Err(format!("no answer of blank {} is in the cited span", blank.id));
        }
        let fillers = fillers(reading, &before, &after);
        // The gap may have been cut out together with an article (`the`), so the filler may end with the answer.
        let fits = |filler: &&str| accepted.iter().any(|answer| filler.ends_with(answer.as_str()));
        if !fillers.is_empty() && !fillers.iter().any(|filler| fits(&filler.as_str())) {
            return Err(format!(
                "the cited span fills blank {} with something else than “{}”",
                blank.id,
                blank.accepted.join("”, “")
            ));
        }
    }
    Ok(())
}

/// An article that was opened for the gap (`A(n) ____`) is no word of the span.
fn without_open_article(part: &str) -> String {
    let trimmed = part.trim_end();
    let cut = trimmed
        .strip_suffix("a(n)")
        .or_else(|| trimmed.strip_suffix("A(n)"));
    cut.unwrap_or(part).to_owned()
}

/// What stands in the span between the two contexts; nothing when one of them is too short to lead anywhere.
fn fillers(reading: &Reading, before: &str, after: &str) -> Vec<String> {
    let telling = |context: &str| context.chars().count() >= 8;
    if !telling(before) || !telling(after) {
        return Vec::new();
    }
    let text = reading.squashed.as_str();
    let ends = text.match_indices(before).map(|(at, found)| at + found.len());
    ends.filter_map(|from| {
        let to = text[from..].find(after)?;
        (1..=LONGEST_FILLER)
            .contains(&to)
            .then(|| text[from..from + to].to_owned())
    })
    .collect()
}

fn last_words(part: &str) -> String {
    let text = normal(part);
    let words: Vec<&str> = text.split(' ').collect();
    words[words.len().saturating_sub(LEADING_WORDS)..].concat()
}

fn first_words(part: &str) -> String {
    let text = normal(part);
    text.split(' ').take(LEADING_WORDS).collect()
}
