//! A second reader who has the cited span and nothing else: finds the sentences that bear on a question, and what they say.

use std::collections::BTreeSet;

use super::numerals::{number_of, same_number};
use super::wording::{
    FORM_WORDS, content_stems, denies, has_phrase, normal, ratio, share_within, squashed, telling,
};

/// Share of a statement's words a sentence must have to bear on it at all.
const RELATED: f64 = 0.34;

/// Stems of words that say what is to be done with the matter.
const TASK_WORDS: [&str; 14] = [
    "assess", "calcul", "compar", "comput", "contrast", "defin", "design", "differ", "discuss", "evalu",
    "judg", "justifi", "mean", "meant",
];

/// A cited span, taken apart.
pub(super) struct Reading {
    pub(super) squashed: String,
    pub(super) words: BTreeSet<String>,
    pub(super) sentences: Vec<Sentence>,
    /// Where words begin in the squashed text, in order.
    word_starts: Vec<usize>,
}

/// A sentence or list entry of the span.
pub(super) struct Sentence {
    pub(super) normal: String,
    pub(super) squashed: String,
    pub(super) words: BTreeSet<String>,
    /// The telling words of each clause.
    clauses: Vec<Vec<String>>,
    /// Where its squashed text begins in that of the span.
    pub(super) start: usize,
}

/// What the span says of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Confirmed,
    /// Another word, number or negation stands in its place.
    Contradicted,
    /// All its words are there, in another order or in several clauses.
    Open,
    Unrelated,
}

impl Reading {
    pub(super) fn of(span: &str) -> Self {
        let mut start = 0;
        let sentences = sentences_of(span).into_iter().map(|text| {
            let text = joined(&text);
            let sentence = Sentence {
                normal: normal(&text),
                squashed: squashed(&text),
                words: content_stems(&text),
                clauses: clauses_of(&text),
                start,
            };
            start += sentence.squashed.len();
            sentence
        });
        let sentences: Vec<Sentence> = sentences.collect();
        Self {
            squashed: sentences
                .iter()
                .map(|sentence| sentence.squashed.as_str())
                .collect(),
            words: sentences
                .iter()
                .flat_map(|sentence| sentence.words.clone())
                .collect(),
            word_starts: sentences.iter().flat_map(Sentence::word_starts).collect(),
            sentences,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.squashed.is_empty()
    }

    /// Whether a phrase stands in the span, however it is broken over lines.
    pub(super) fn has(&self, text: &str) -> bool {
        !self.places_of(text).is_empty()
    }

    /// Whether one sentence says it, word for word or with all its words.
    pub(super) fn says(&self, text: &str) -> bool {
        self.has(text) || self.sentences.iter().any(|sentence| sentence.says(text))
    }

    /// Share of the content words of a text that stand in the span.
    pub(super) fn share_of(&self, words: &BTreeSet<String>) -> f64 {
        // A word broken over two lines is not among the words but in the squashed text.
        let there = words
            .iter()
            .filter(|word| self.words.contains(*word) || word.len() > 3 && self.squashed.contains(*word))
            .count();
        ratio(there, words.len())
    }

    /// The sentences that share most words with a question; none when none shares any.
    pub(super) fn answering(&self, question: &str) -> Vec<&Sentence> {
        let matter = matter_of(question);
        let overlap = |sentence: &Sentence| sentence.words.intersection(&matter).count();
        let most = self.sentences.iter().map(overlap).max().unwrap_or(0);
        self.sentences
            .iter()
            .filter(|sentence| most > 0 && overlap(sentence) == most)
            .collect()
    }

    /// What the sentence that is most like a statement says of it.
    pub(super) fn verdict_on(&self, statement: &str) -> Verdict {
        if self.has(statement) {
            return Verdict::Confirmed;
        }
        let own = telling(statement);
        let words: BTreeSet<String> = own.iter().cloned().collect();
        let told = |sentence: &Sentence| telling(&sentence.normal);
        let best = self
            .sentences
            .iter()
            .map(|sentence| {
                (
                    share_within(&words, &told(sentence).into_iter().collect()),
                    sentence,
                )
            })
            .max_by(|one, other| one.0.total_cmp(&other.0));
        match best {
            None => Verdict::Unrelated,
            Some((share, _)) if share < RELATED => Verdict::Unrelated,
            Some((share, sentence))
                if share < 1.0 || denies(&normal(statement)) != denies(&sentence.normal) =>
            {
                Verdict::Contradicted
            }
            Some((_, sentence)) if sentence.clauses.iter().any(|clause| follows(&own, clause)) => {
                Verdict::Confirmed
            }
            Some(_) => Verdict::Open,
        }
    }

    /// All numbers of the span with the sentence and the place among its words.
    pub(super) fn numbers(&self) -> Vec<(f64, &Sentence, usize)> {
        let of = |sentence| {
            let sentence: &Sentence = sentence;
            let words = sentence.normal.split(' ').enumerate();
            words.filter_map(move |(place, word)| Some((number_of(word)?, sentence, place)))
        };
        self.sentences.iter().flat_map(of).collect()
    }

    /// Beginning and end of a phrase in the squashed span, wherever a word begins with it (`norm` is not in `enormous`).
    pub(super) fn places_of(&self, text: &str) -> Vec<(usize, usize)> {
        let wanted = squashed(text);
        if wanted.is_empty() {
            return Vec::new();
        }
        self.squashed
            .match_indices(&wanted)
            .map(|(at, found)| (at, at + found.len()))
            .filter(|(at, _)| self.word_starts.binary_search(at).is_ok())
            .collect()
    }

    pub(super) fn has_number(&self, number: f64) -> bool {
        self.numbers()
            .iter()
            .any(|(value, ..)| same_number(*value, number))
    }
}

impl Sentence {
    fn word_starts(&self) -> Vec<usize> {
        let mut at = self.start;
        let mut starts = Vec::new();
        for word in self.normal.split(' ') {
            starts.push(at);
            at += word.len();
        }
        starts
    }

    /// Word for word, or all its content words, of which there are some.
    pub(super) fn says(&self, text: &str) -> bool {
        let words = content_stems(text);
        has_phrase(&self.normal, &normal(text)) || !words.is_empty() && words.is_subset(&self.words)
    }
}

/// What a question is about, without the words that come from its form.
pub(super) fn matter_of(question: &str) -> BTreeSet<String> {
    let mut words = content_stems(&question.replace("(n)", ""));
    words.retain(|word| !FORM_WORDS.contains(&word.as_str()) && !TASK_WORDS.contains(&word.as_str()));
    words
}

/// What is said of one thing must not be taken for said of the thing in the clause before.
fn clauses_of(sentence: &str) -> Vec<Vec<String>> {
    let parts = sentence.split([',', ';', ':', '(', ')', '–']);
    let contrasts = [
        " while ",
        " whereas ",
        " but ",
        " and ",
        " although ",
        " because ",
    ];
    let mut clauses: Vec<&str> = parts.collect();
    for word in contrasts {
        clauses = clauses
            .into_iter()
            .flat_map(|clause| clause.split(word))
            .collect();
    }
    clauses.into_iter().map(telling).collect()
}

/// Whether all of the first stand in the second in the same order.
fn follows(part: &[String], whole: &[String]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|word| rest.any(|other| other == word))
}

/// Words that were broken at the end of a line are put together again.
fn joined(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).peekable();
    let mut result = String::with_capacity(text.len());
    while let Some(line) = lines.next() {
        let broken = line.ends_with('-')
            && lines
                .peek()
                .is_some_and(|next| next.starts_with(char::is_lowercase));
        if broken {
            result.push_str(line.trim_end_matches('-'));
        } else {
            result.push_str(line);
            result.push(' ');
        }
    }
    result
}

/// Sentences and list entries. Initials (`Edgar F. Codd`) and decimals do not end one.
fn sentences_of(span: &str) -> Vec<String> {
    let letters: Vec<char> = span.chars().collect();
    let mut found = Vec::new();
    let mut current = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let entry = *letter == '\n'
            && letters[index + 1..]
                .iter()
                .find(|next| !next.is_whitespace())
                .is_some_and(|next| matches!(next, '•' | '-' | '*' | '–'));
        if !entry {
            current.push(*letter);
        }
        if entry || ends_sentence(&letters, index) {
            found.push(std::mem::take(&mut current));
        }
    }
    found.push(current);
    found.retain(|text| text.chars().any(char::is_alphanumeric));
    found
}

fn ends_sentence(letters: &[char], index: usize) -> bool {
    let mark = letters[index];
    let parted = letters.get(index + 1).is_none_or(|next| next.is_whitespace());
    if !parted || !matches!(mark, '.' | '?' | '!' | ';') {
        return false;
    }
    let next = letters[index + 1..].iter().find(|letter| !letter.is_whitespace());
    let opens = mark == ';' || next.is_none_or(|letter| !letter.is_lowercase());
    let word_length = letters[..index]
        .iter()
        .rev()
        .take_while(|letter| letter.is_alphabetic())
        .count();
    let initial = mark == '.' && word_length == 1 && letters[index - 1].is_uppercase();
    opens && !initial
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str =
        "A lock is a mark on a data item that restricts access by other transac-\ntions. It has 2 modes.";

    #[test]
    fn a_span_is_read_sentence_by_sentence() {
        let reading = Reading::of("Edgar F. Codd wrote it. Is it 3.5? Yes!\n• First entry\n• Second entry");
        let texts: Vec<&str> = reading
            .sentences
            .iter()
            .map(|sentence| sentence.normal.as_str())
            .collect();
        assert_eq!(
            texts,
            [
                "edgar f codd wrote it",
                "is it 3.5",
                "yes",
                "first entry",
                "second entry"
            ]
        );
        assert!(Reading::of(" \n ").is_empty());
    }

    #[test]
    fn statements_are_confirmed_contradicted_or_left_open() {
        let reading = Reading::of(LOCK);
        let verdict = |statement: &str| reading.verdict_on(statement);
        assert_eq!(
            verdict("A lock restricts access by other transactions."),
            Verdict::Confirmed
        );
        assert_eq!(
            verdict("A lock restricts no access by other transactions."),
            Verdict::Contradicted
        );
        assert_eq!(
            verdict("A latch restricts access by other transactions."),
            Verdict::Contradicted
        );
        assert_eq!(verdict("Transactions restrict access by a lock."), Verdict::Open);
        let natural =
            Reading::of("A natural key carries meaning, while a surrogate key is generated by the system.");
        assert_eq!(
            natural.verdict_on("A natural key is generated by the system."),
            Verdict::Open
        );
        let faster = Reading::of("Denormalization is redundancy that makes reads faster.");
        assert_eq!(
            faster.verdict_on("Normalization is redundancy that makes reads faster."),
            Verdict::Contradicted
        );
        assert_eq!(verdict("Bananas grow in warm countries."), Verdict::Unrelated);
    }

    #[test]
    fn numbers_are_found_as_digits_and_as_words() {
        let reading = Reading::of("Wait three minutes. It holds 5,000 rows of 8KB.");
        let numbers: Vec<f64> = reading.numbers().iter().map(|(value, ..)| *value).collect();
        assert_eq!(numbers, [3.0, 5000.0, 8.0]);
    }
}
