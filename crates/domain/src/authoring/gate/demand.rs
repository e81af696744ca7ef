//! What an item demands of a candidate, judged from its text: the cognitive level and the difficulty.
//!
//! The level follows the task words of Anderson and Krathwohl's revision of Bloom's taxonomy where the stem has any, and
//! otherwise what is to be done: recognising or recalling something as the text has it is remembering, choosing among
//! meanings, sorting, matching and ordering is understanding, working a number out is applying.

use super::super::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent, ItemKind};
use super::content::split_options;
use super::reading::Reading;
use super::wording::{has_phrase, normal, without_quotes};

/// Task words that open a clause of the stem.
const TASKS: [(CognitiveLevel, &str); 6] = [
    (
        CognitiveLevel::Create,
        "design devise propose plan compose invent construct develop formulate draft",
    ),
    (
        CognitiveLevel::Evaluate,
        "evaluate judge justify assess critique criticise criticize defend argue recommend appraise",
    ),
    (
        CognitiveLevel::Analyse,
        "analyse analyze compare contrast distinguish differentiate examine relate discuss categorise categorize",
    ),
    (
        CognitiveLevel::Apply,
        "calculate compute apply solve use convert determine estimate demonstrate",
    ),
    (
        CognitiveLevel::Understand,
        "explain describe summarise summarize paraphrase illustrate interpret outline classify why",
    ),
    (
        CognitiveLevel::Remember,
        "name list state define recall identify label recite",
    ),
];
/// Phrases that set a task wherever they stand in the question.
const TASK_PHRASES: [(CognitiveLevel, &[&str]); 4] = [
    (
        CognitiveLevel::Evaluate,
        &[
            "to what extent",
            "which is better and why",
            "which is best and why",
        ],
    ),
    (
        CognitiveLevel::Analyse,
        &[
            "differ",
            "differs",
            "difference",
            "differences",
            "distinguishes",
            "in common",
            "similarities",
        ],
    ),
    (
        CognitiveLevel::Apply,
        &["in total", "altogether", "how many would", "how much would"],
    ),
    (
        CognitiveLevel::Understand,
        &[
            "in your own words",
            "an example",
            "best explains",
            "best describes",
            "which description",
        ],
    ),
];
/// Openers of questions that ask for a meaning, a reason or an effect.
const MEANING_OPENERS: [&str; 12] = [
    "why",
    "when does",
    "when do",
    "what happens",
    "what is meant",
    "what is the purpose",
    "what is the role",
    "what is the function",
    "what is the reason",
    "what is the effect",
    "what does",
    "what do",
];
/// Openers of questions that ask for a thing, a person, a place or an amount.
const FACT_OPENERS: [&str; 11] = [
    "who",
    "whom",
    "where",
    "when",
    "which",
    "in which",
    "how many",
    "how much",
    "how long",
    "how old",
    "how often",
];
/// An option of so many words is a description, not a name.
const DESCRIPTION_WORDS: usize = 3;

/// The cognitive level an item demands.
pub(super) fn level_of(item: &ItemContent, reading: &Reading) -> CognitiveLevel {
    let question = normal(&without_quotes(&item.stem));
    let task = task_of(&item.stem, &question);
    let by_form = match &item.body {
        ItemBody::TrueFalse { .. } | ItemBody::FillBlank { .. } => return CognitiveLevel::Remember,
        ItemBody::Numeric { key, .. } if reading.has_number(*key) => return CognitiveLevel::Remember,
        ItemBody::Numeric { .. } => return CognitiveLevel::Apply,
        ItemBody::MultipleChoice { .. } => choice_level(item, &question),
        ItemBody::MultipleResponse { .. } | ItemBody::Matching { .. } | ItemBody::Ordering { .. } => {
            CognitiveLevel::Understand
        }
        // People write these three; what a program or a file demands is at least applying.
        ItemBody::Coding { .. } | ItemBody::Profile { .. } | ItemBody::FileUpload { .. } => {
            CognitiveLevel::Apply
        }
        ItemBody::ShortAnswer { .. } | ItemBody::Essay { .. } => {
            return task.unwrap_or_else(|| written_level(&question));
        }
    };
    task.map_or(by_form, |task| task.max(by_form))
}

/// The difficulty an item of a level has by what is to be done: points for the level and for the kind of answer, at most 1
/// is easy, at least 4 is hard.
pub(super) fn difficulty_of(item: &ItemContent, level: CognitiveLevel) -> Difficulty {
    let thinking = match level {
        CognitiveLevel::Remember => 0,
        CognitiveLevel::Understand | CognitiveLevel::Apply => 1,
        CognitiveLevel::Analyse => 2,
        CognitiveLevel::Evaluate | CognitiveLevel::Create => 3,
    };
    let answering = match item.body.kind() {
        ItemKind::TrueFalse => 0,
        ItemKind::MultipleChoice | ItemKind::MultipleResponse | ItemKind::Matching | ItemKind::Ordering => 1,
        ItemKind::FillBlank
        | ItemKind::Numeric
        | ItemKind::ShortAnswer
        | ItemKind::Essay
        | ItemKind::Coding
        | ItemKind::Profile
        | ItemKind::FileUpload => 2,
    };
    let many = match &item.body {
        ItemBody::FillBlank { blanks } => blanks.len() > 1,
        ItemBody::Matching { left, .. } => left.len() > 5,
        ItemBody::Ordering { options, .. } => options.len() > 6,
        _ => false,
    };
    match thinking + answering + usize::from(many) {
        0 | 1 => Difficulty::Easy,
        2 | 3 => Difficulty::Medium,
        _ => Difficulty::Hard,
    }
}

/// The most demanding task the stem sets in so many words.
fn task_of(stem: &str, question: &str) -> Option<CognitiveLevel> {
    let openers = clause_openers(stem);
    let by_word = TASKS
        .iter()
        .filter(|(_, words)| {
            words
                .split(' ')
                .any(|word| openers.iter().any(|opener| opener == word))
        })
        .map(|(level, _)| *level);
    let by_phrase = TASK_PHRASES
        .iter()
        .filter(|(_, phrases)| phrases.iter().any(|phrase| has_phrase(question, phrase)))
        .map(|(level, _)| *level);
    by_word.chain(by_phrase).max()
}

/// The first words of the clauses of the stem, in lower case: of sentences, after commas and colons, and after `and`.
fn clause_openers(stem: &str) -> Vec<String> {
    let question = without_quotes(stem).to_lowercase();
    let mut openers = Vec::new();
    let mut opens = true;
    for word in question.split_whitespace() {
        let plain = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        if matches!(plain, "and" | "then" | "briefly") {
            opens = true;
            continue;
        }
        if opens {
            openers.push(plain.to_owned());
        }
        opens = word.ends_with([':', ',', '.', ';', '?', '!']);
    }
    openers
}

fn choice_level(item: &ItemContent, question: &str) -> CognitiveLevel {
    let (right, _) = split_options(item);
    let describes = right
        .iter()
        .any(|text| text.split_whitespace().count() >= DESCRIPTION_WORDS);
    let how =
        has_phrase(question, "how") && question.starts_with("how ") && !opens_with(question, &FACT_OPENERS);
    let asks_meaning = opens_with(question, &MEANING_OPENERS) || how;
    // “What is the process that …?” asks for the name of the process.
    let names = ["that", "which", "who", "whose", "called", "name"];
    let asks_what = opens_with(question, &["what is", "what are", "what was", "what were"])
        && !names.iter().any(|word| has_phrase(question, word));
    if describes && (asks_meaning || asks_what) {
        CognitiveLevel::Understand
    } else {
        CognitiveLevel::Remember
    }
}

fn written_level(question: &str) -> CognitiveLevel {
    let fact = opens_with(question, &FACT_OPENERS) && !opens_with(question, &MEANING_OPENERS);
    if fact || has_phrase(question, "called") {
        CognitiveLevel::Remember
    } else {
        CognitiveLevel::Understand
    }
}

fn opens_with(question: &str, openers: &[&str]) -> bool {
    openers
        .iter()
        .any(|opener| question == *opener || question.starts_with(&format!("{opener} ")))
}

#[cfg(test)]
mod tests {
    use super::super::testing::choice;
    use super::*;

    #[test]
    fn task_words_count_only_where_they_open_a_clause() {
        let task = |stem: &str| task_of(stem, &normal(&without_quotes(stem)));
        assert_eq!(
            task("Explain what a key is, and discuss its use."),
            Some(CognitiveLevel::Analyse)
        );
        assert_eq!(task("Which design do engineers plan with?"), None);
        assert_eq!(task("Which term is described as “compare and justify”?"), None);
        assert_eq!(
            task("How does a lock differ from a latch?"),
            Some(CognitiveLevel::Analyse)
        );
        assert_eq!(
            task("Assess the plan, then propose a better one."),
            Some(CognitiveLevel::Create)
        );
    }

    #[test]
    fn a_choice_of_meanings_is_more_than_a_choice_of_names() {
        let reading = Reading::of("");
        let level = |stem: &str, key: &str| level_of(&choice(stem, &[key, "x", "y"], ""), &reading);
        assert_eq!(
            level("What is a lock?", "A mark on a data item"),
            CognitiveLevel::Understand
        );
        assert_eq!(
            level(
                "What is the process that locks rows called?",
                "The two phase locking"
            ),
            CognitiveLevel::Remember
        );
        assert_eq!(
            level("Which term means a mark?", "Lock"),
            CognitiveLevel::Remember
        );
    }
}
