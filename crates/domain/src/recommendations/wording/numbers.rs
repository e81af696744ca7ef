//! What a text says in numbers.

use std::collections::BTreeSet;

/// Words that make a number a percentage. The last two may go on, as in "percentage points".
const PERCENT: [&str; 6] = [
    "percent",
    "per cent",
    "per-cent",
    "pct",
    "percentage point",
    "percentage-point",
];
/// How many of them must end where they end.
const WHOLE_WORDS: usize = 4;
/// Signs of shares that no fact is given in, and of percentages in other scripts.
const OTHER_SHARES: [char; 3] = ['‰', '‱', '٪'];
/// Words before a figure that was reached.
const REACHED: [&str; 5] = ["reached", "got", "earned", "scored", "achieved"];
/// Words before a figure that the track asks for.
const ASKED: [&str; 7] = [
    "asks", "asked", "needs", "needed", "requires", "required", "target",
];
/// Words between these and the figure.
const BETWEEN: [&str; 9] = ["for", "of", "is", "at", "only", "just", "about", "least", "to"];
/// Words that say the opposite of one of them.
const NOT: [&str; 4] = ["not", "never", "hardly", "without"];

/// Characters before and behind a number that are looked at.
const MOST_AROUND: usize = 60;

/// A number in a text.
pub(super) struct Number {
    /// Digits, with a dot before decimals and no zeros that say nothing.
    pub(super) value: String,
    pub(super) is_percentage: bool,
    /// What stands before it.
    before: String,
    /// Whether a sign or word of [`PERCENT`] belongs to it.
    has_sign: bool,
}

/// The percentages of a pick.
#[derive(Default)]
pub(super) struct Percentages {
    pub(super) reached: BTreeSet<String>,
    pub(super) asked: BTreeSet<String>,
}

impl Percentages {
    pub(super) fn contains(&self, value: &str) -> bool {
        self.reached.contains(value) || self.asked.contains(value)
    }

    /// Whether a figure directly behind a word for what was reached was reached, and one behind a word for what is asked is asked.
    pub(super) fn are_told_apart(&self, numbers: &[Number]) -> bool {
        let percentages = numbers.iter().filter(|number| number.is_percentage);
        percentages.into_iter().all(|number| {
            let mut words = number.before.split_whitespace().rev();
            let word = words.find(|word| !BETWEEN.contains(word)).unwrap_or_default();
            let denied = words
                .next()
                .is_some_and(|word| NOT.contains(&word) || word.ends_with("n't") || word.ends_with("n’t"));
            let swapped = REACHED.contains(&word) && !self.reached.contains(&number.value)
                || ASKED.contains(&word) && !self.asked.contains(&number.value);
            denied || !swapped
        })
    }
}

/// Whether every sign or word of a percentage belongs to a number, and every digit is one that is understood.
pub(super) fn are_understood(plain: &str, numbers: &[Number]) -> bool {
    let places = plain.char_indices();
    let signs = places.filter(|(at, _)| begins_with_percent(&plain[*at..], plain[..*at].chars().next_back()));
    signs.count() == numbers.iter().filter(|number| number.has_sign).count()
        && !plain.contains(OTHER_SHARES)
        && !plain.chars().any(|c| c.is_numeric() && !c.is_ascii_digit())
}

/// The numbers of a text in compatibility forms and lower case.
pub(super) fn numbers_in(plain: &str) -> Vec<Number> {
    let characters: Vec<char> = plain.chars().collect();
    let is_digit = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let start = at;
        while is_digit(at)
            || (at > start && matches!(characters.get(at), Some('.' | ',')) && is_digit(at + 1))
        {
            at += 1;
        }
        if at == start {
            at += 1;
            continue;
        }
        let written: String = characters[start..at].iter().collect();
        let rest: String = characters[at..].iter().take(MOST_AROUND).collect();
        let rest = rest.trim_start().trim_start_matches(['-', '–']).trim_start();
        let has_sign = begins_with_percent(rest, None);
        numbers.push(Number {
            value: canonical(&written),
            before: characters[start.saturating_sub(MOST_AROUND)..start]
                .iter()
                .collect(),
            is_percentage: has_sign || rest.starts_with("percent"),
            has_sign,
        });
    }
    numbers
}

/// `042,50` as `42.5`.
fn canonical(written: &str) -> String {
    let dotted = written.replace(',', ".");
    let decimals = if dotted.contains('.') {
        dotted.trim_end_matches('0').trim_end_matches('.')
    } else {
        dotted.as_str()
    };
    match decimals.trim_start_matches('0') {
        whole if whole.is_empty() || whole.starts_with('.') => format!("0{whole}"),
        whole => whole.to_owned(),
    }
}

/// Whether a text begins with a sign or word of a percentage; `before` is what stands before it.
fn begins_with_percent(rest: &str, before: Option<char>) -> bool {
    let begins = |(at, word): (usize, &&str)| {
        rest.strip_prefix(*word)
            .is_some_and(|rest| at >= WHOLE_WORDS || !rest.starts_with(char::is_alphabetic))
    };
    let in_word = before.is_some_and(char::is_alphabetic);
    rest.starts_with('%') || !in_word && PERCENT.iter().enumerate().any(begins)
}
