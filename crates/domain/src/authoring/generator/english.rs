//! The little grammar that makes stems read as English.

use std::collections::BTreeMap;

/// How often each word is written small and, inside a sentence, with a capital.
#[derive(Debug, Default)]
pub(super) struct Casing {
    counts: BTreeMap<String, (u32, u32)>,
}

impl Casing {
    pub(super) fn learn<'a>(sentences: impl Iterator<Item = &'a str>) -> Self {
        let mut counts: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        for sentence in sentences {
            let mut initial = true;
            for word in sentence.split_whitespace() {
                let bare = bare(word);
                let count = counts.entry(bare.to_lowercase()).or_default();
                if bare.starts_with(char::is_lowercase) {
                    count.0 += 1;
                } else if !initial {
                    count.1 += 1;
                }
                initial = word.ends_with([':', '.']);
            }
        }
        Self { counts }
    }

    /// Whether a capitalised word keeps its capital inside a sentence.
    fn keeps_capital(&self, word: &str, next: Option<&str>) -> bool {
        let bare = bare(word);
        let inner = bare
            .chars()
            .skip(1)
            .any(|letter| letter.is_uppercase() || letter.is_ascii_digit());
        if inner || bare == "I" {
            return true;
        }
        let (small, capital) = self.counts.get(&bare.to_lowercase()).copied().unwrap_or_default();
        if small == 0 && capital == 0 {
            if self.comes_from_name(&bare.to_lowercase()) {
                return true;
            }
            let named = |next: &str| {
                next.starts_with(char::is_uppercase) && next.chars().nth(1).is_none_or(|c| !c.is_uppercase())
            };
            return next.is_some_and(named);
        }
        capital > small
    }

    /// `asian` after `Asia`, `german` after `Germany`.
    fn comes_from_name(&self, word: &str) -> bool {
        let adjective = word.len() >= 5 && ["an", "ese", "ish", "ic"].iter().any(|end| word.ends_with(end));
        let root: String = word.chars().take(4).collect();
        let names = self
            .counts
            .range(root.clone()..)
            .take_while(|(name, _)| name.starts_with(&root));
        let mut names = names.filter(|(_, (small, capital))| *small == 0 && *capital > 0);
        adjective && names.any(|(name, _)| word.starts_with(name.as_str()) || name.starts_with(word))
    }

    /// The text as it reads inside a sentence.
    pub(super) fn inside(&self, text: &str) -> String {
        let mut words = text.split_whitespace();
        let Some(first) = words.next() else {
            return String::new();
        };
        if self.keeps_capital(first, words.next()) {
            text.to_owned()
        } else {
            with_first(text, |c| c.to_lowercase().collect())
        }
    }

    /// Whether a word is a name: written with a capital inside sentences and never small.
    pub(super) fn is_name(&self, word: &str) -> bool {
        let word = bare(word);
        let (small, capital) = self.counts.get(&word.to_lowercase()).copied().unwrap_or_default();
        word.starts_with(char::is_uppercase) && capital > 0 && small == 0
    }
}

/// Whether a word is in a list of words parted by single spaces.
pub(super) fn is_among(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}

/// The word without punctuation around it.
pub(super) fn bare(word: &str) -> &str {
    word.trim_matches(|letter: char| !letter.is_alphanumeric())
}

fn with_first(text: &str, change: impl Fn(char) -> String) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| change(first) + letters.as_str())
}

/// The text as it starts a sentence or an option; identifiers such as `asn1Parser` stay as they are.
pub(super) fn capitalised(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let identifier = first.chars().skip(1).any(char::is_uppercase) || first.contains(['_', '/', '.']);
    if identifier {
        text.to_owned()
    } else {
        with_first(text, |c| c.to_uppercase().collect())
    }
}

/// Without the final full stop or colon.
pub(super) fn without_stop(text: &str) -> &str {
    text.trim_end().trim_end_matches(['.', ':', ';', ',']).trim_end()
}

/// Whether a noun phrase looks plural.
pub(super) fn is_plural(phrase: &str) -> bool {
    let head = phrase.split(" of ").next().unwrap_or(phrase);
    let last = bare(head.split(' ').next_back().unwrap_or_default());
    let lower = last.to_lowercase();
    lower.len() > 3
        && lower.ends_with('s')
        && !["ss", "us", "is", "ics", "sis"]
            .iter()
            .any(|end| lower.ends_with(end))
}

/// `reach` of `reaches`: the form of a verb after `does`.
pub(super) fn base_form(verb: &str) -> String {
    match verb {
        "has" => "have".to_owned(),
        "goes" | "does" => verb[..2].to_owned(),
        "lies" | "dies" | "ties" => verb[..3].to_owned(),
        _ => singular(verb),
    }
}

/// The other grammatical number of a noun phrase, for answers that differ only by it.
pub(super) fn other_number(phrase: &str) -> Option<String> {
    if let Some((noun, rest)) = phrase.split_once(" of ") {
        return Some(format!("{} of {rest}", other_number(noun)?));
    }
    let last = phrase.split(' ').next_back()?;
    let head = phrase.strip_suffix(last)?;
    let shouted = last.chars().all(char::is_uppercase);
    if last.len() < 3 || shouted || !last.chars().all(|letter| letter.is_alphabetic() || letter == '-') {
        return None;
    }
    let changed = if is_plural(last) {
        singular(last)
    } else {
        plural(last)
    };
    Some(format!("{head}{changed}"))
}

fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    let sibilant = ["ches", "shes", "xes", "sses", "zes"]
        .iter()
        .any(|end| word.ends_with(end));
    let cut = if sibilant { 2 } else { 1 };
    word.get(..word.len() - cut).unwrap_or(word).to_owned()
}

fn plural(word: &str) -> String {
    let greek = ["drion", "terion", "menon"].iter().any(|end| word.ends_with(end));
    if let Some(stem) = word.strip_suffix("on").filter(|_| greek) {
        return format!("{stem}a");
    }
    if let Some(stem) = word.strip_suffix("sis") {
        return format!("{stem}ses");
    }
    let vowel_before_y = ["ay", "ey", "oy", "uy"].iter().any(|end| word.ends_with(end));
    if let Some(stem) = word.strip_suffix('y').filter(|_| !vowel_before_y) {
        return format!("{stem}ies");
    }
    let sibilant = ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end));
    if sibilant {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

/// `A, B and C`.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_abbreviations_keep_their_capital_inside_a_sentence() {
        let casing = Casing::learn(
            [
                "A lock is held.",
                "The Boyce form is strict.",
                "Selectivity is low.",
            ]
            .into_iter(),
        );
        assert_eq!(casing.inside("Lock tables are kept"), "lock tables are kept");
        assert_eq!(casing.inside("Boyce form"), "Boyce form");
        assert_eq!(casing.inside("SQL matters"), "SQL matters");
        assert_eq!(casing.inside("Edgar F. Codd wrote"), "Edgar F. Codd wrote");
        assert_eq!(
            casing.inside("Selectivity is the share"),
            "selectivity is the share"
        );
    }

    #[test]
    fn answers_are_accepted_in_both_numbers() {
        let pairs = [
            ("foreign key", "foreign keys"),
            ("query", "queries"),
            ("indexes", "index"),
            ("caches", "cach"),
        ];
        for (phrase, other) in &pairs[..3] {
            assert_eq!(other_number(phrase).as_deref(), Some(*other), "{phrase}");
        }
        assert_eq!(other_number("4 KB"), None);
        let bases = [
            ("reaches", "reach"),
            ("carries", "carry"),
            ("uses", "use"),
            ("passes", "pass"),
            ("has", "have"),
        ];
        assert!(bases.iter().all(|(verb, base)| base_form(verb) == *base));
        assert!(!is_plural("analysis") && !is_plural("bus") && is_plural("degrees of freedom"));
    }
}
