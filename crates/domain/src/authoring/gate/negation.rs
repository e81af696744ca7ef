//! Questions that ask for what does not hold.

use super::wording::without_quotes;

/// A word that turns a question into its opposite.
pub(super) struct Negation {
    pub(super) word: String,
    /// In capitals or marked up, so that it is not overread.
    pub(super) emphasised: bool,
}

const AUXILIARIES: [&str; 18] = [
    "is",
    "are",
    "was",
    "were",
    "does",
    "do",
    "did",
    "can",
    "could",
    "should",
    "would",
    "will",
    "has",
    "have",
    "may",
    "must",
    "these",
    "following",
];
/// What follows these says something of the thing asked for; it does not turn the question.
const SUBORDINATORS: [&str; 14] = [
    "that", "who", "whose", "whom", "where", "when", "if", "because", "while", "although", "so", "unless",
    "whether", "means",
];
/// Questions for a reason or a way may well be about what does not happen.
const OPEN_QUESTIONS: [&str; 5] = ["why", "how", "when", "explain", "describe"];

/// The first negation in the main clause of a question; quoted text may hold any words.
pub(super) fn negation_in(stem: &str) -> Option<Negation> {
    let question = without_quotes(stem);
    let words: Vec<&str> = question.split_whitespace().collect();
    let mut before = String::new();
    for (index, word) in words.iter().enumerate() {
        let plain: String = word.chars().filter(|letter| letter.is_alphanumeric()).collect();
        let lower = plain.to_lowercase();
        let opens = OPEN_QUESTIONS.contains(&lower.as_str()) && index == 0;
        let subordinate =
            SUBORDINATORS.contains(&lower.as_str()) || lower == "which" && index > 1 && before != "except";
        if opens || subordinate {
            return None;
        }
        if negates(&lower, &before, index) {
            let capitals = plain.chars().all(|letter| !letter.is_lowercase());
            return Some(Negation {
                emphasised: capitals || word.starts_with(['*', '_', '<']),
                word: lower,
            });
        }
        before = lower;
    }
    None
}

fn negates(word: &str, before: &str, index: usize) -> bool {
    let after_auxiliary = AUXILIARIES.contains(&before);
    match word {
        "not" | "never" | "incorrect" | "false" | "wrong" | "untrue" | "unlikely" => after_auxiliary,
        "except" | "cannot" => true,
        "least" => before != "at" && index <= 4,
        _ => {
            let contracted = [
                "isnt", "arent", "wasnt", "doesnt", "dont", "didnt", "cant", "wont",
            ];
            contracted.contains(&word)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_main_clause_turns_a_question() {
        let found = |stem: &str| negation_in(stem).map(|negation| negation.emphasised);
        assert_eq!(found("Which lock is not shared?"), Some(false));
        assert_eq!(found("Which lock is NOT shared?"), Some(true));
        assert_eq!(found("Which lock is **not** shared?"), Some(true));
        assert_eq!(found("Which lock doesn't block readers?"), Some(false));
        assert_eq!(found("All locks are shared except which?"), Some(false));
        assert_eq!(found("Which rule ensures that data is not lost?"), None);
        assert_eq!(found("Why is a shared lock not enough?"), None);
        assert_eq!(
            found("Which term is described as “a lock that is not shared”?"),
            None
        );
        assert_eq!(found("Which lock needs at least two holders?"), None);
    }
}
