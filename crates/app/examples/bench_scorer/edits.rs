//! Eight ways to write the same answer differently, none of which changes what it says.

/// An edit with its name.
pub(crate) struct Edit {
    pub(crate) name: &'static str,
    apply: fn(&str) -> String,
}

/// All of them.
pub(crate) const EDITS: [Edit; 8] = [
    Edit {
        name: "all in capitals",
        apply: str::to_uppercase,
    },
    Edit {
        name: "punctuation dropped",
        apply: without_punctuation,
    },
    Edit {
        name: "two letters of the longest word swapped",
        apply: with_typo,
    },
    Edit {
        name: "other spellings and synonyms",
        apply: respelt,
    },
    Edit {
        name: "contractions written out or drawn together",
        apply: recontracted,
    },
    Edit {
        name: "\"I think that\" put in front",
        apply: with_opening,
    },
    Edit {
        name: "articles dropped",
        apply: without_articles,
    },
    Edit {
        name: "last sentence first, white space and line breaks added",
        apply: rearranged,
    },
];

impl Edit {
    /// The edited answer; `None` where there is nothing to edit.
    pub(crate) fn of(&self, answer: &str) -> Option<String> {
        Some((self.apply)(answer)).filter(|edited| edited != answer)
    }
}

fn without_punctuation(answer: &str) -> String {
    let characters: Vec<char> = answer.chars().collect();
    let kept = |(at, character): (usize, &char)| {
        let ends = characters.get(at + 1).is_none_or(|next| next.is_whitespace());
        let mark = matches!(character, '.' | ',' | ';' | ':' | '!' | '?');
        (!(mark && ends)).then_some(*character)
    };
    characters.iter().enumerate().filter_map(kept).collect()
}

/// Letters a word must have so that a slip of the pen leaves it readable.
const LONG_WORD: usize = 7;

fn with_typo(answer: &str) -> String {
    let words = answer.split(' ');
    let plain = |word: &&str| word.chars().all(|character| character.is_ascii_alphabetic());
    let Some(longest) = words
        .clone()
        .filter(plain)
        .filter(|word| word.len() >= LONG_WORD)
        .max_by_key(|word| word.len())
    else {
        return answer.to_owned();
    };
    let middle = longest.len() / 2;
    let slipped = format!(
        "{}{}{}{}",
        &longest[..middle],
        &longest[middle + 1..middle + 2],
        &longest[middle..=middle],
        &longest[middle + 2..]
    );
    answer.replacen(longest, &slipped, 1)
}

const OTHER_WORDS: [(&str, &str); 18] = [
    ("behavior", "behaviour"),
    ("behaviour", "behavior"),
    ("initialize", "initialise"),
    ("initialized", "initialised"),
    ("initializer", "initialiser"),
    ("organized", "organised"),
    ("use", "utilize"),
    ("uses", "utilizes"),
    ("used", "utilized"),
    ("begin", "start"),
    ("large", "big"),
    ("small", "little"),
    ("delete", "remove"),
    ("fast", "quick"),
    ("main", "chief"),
    ("allows", "permits"),
    ("find", "locate"),
    ("also", "additionally"),
];

fn respelt(answer: &str) -> String {
    by_word(answer, |word| {
        OTHER_WORDS
            .iter()
            .find(|(written, _)| *written == word)
            .map(|(_, other)| (*other).to_owned())
    })
}

const CONTRACTIONS: [(&str, &str); 12] = [
    ("do not", "don't"),
    ("does not", "doesn't"),
    ("is not", "isn't"),
    ("are not", "aren't"),
    ("it is", "it's"),
    ("It is", "It's"),
    ("can not", "can't"),
    ("cannot", "can't"),
    ("will not", "won't"),
    ("has not", "hasn't"),
    ("that is", "that's"),
    ("you are", "you're"),
];

fn recontracted(answer: &str) -> String {
    let joined = CONTRACTIONS
        .iter()
        .fold(format!(" {answer} "), |text, (long, short)| {
            text.replace(&format!(" {long} "), &format!(" {short} "))
        });
    if joined.trim_matches(' ') != answer.trim_matches(' ') {
        return joined.trim_matches(' ').to_owned();
    }
    let apart = CONTRACTIONS.iter().fold(joined, |text, (long, short)| {
        text.replace(&format!(" {short} "), &format!(" {long} "))
    });
    apart.trim_matches(' ').to_owned()
}

fn with_opening(answer: &str) -> String {
    let mut letters = answer.chars();
    let first: String = letters
        .next()
        .map(|first| first.to_lowercase().collect())
        .unwrap_or_default();
    format!("I think that {first}{}", letters.as_str())
}

fn without_articles(answer: &str) -> String {
    answer
        .split(' ')
        .filter(|word| !matches!(word.to_lowercase().as_str(), "a" | "an" | "the"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Words after which a line ends.
const WORDS_PER_LINE: usize = 9;

fn rearranged(answer: &str) -> String {
    let mut sentences: Vec<&str> = answer.split_inclusive(". ").collect();
    sentences.rotate_right(1);
    let words: Vec<&str> = sentences
        .iter()
        .flat_map(|sentence| sentence.split_whitespace())
        .collect();
    let lines: Vec<String> = words.chunks(WORDS_PER_LINE).map(|line| line.join("  ")).collect();
    format!(" {} ", lines.join(" \n"))
}

/// Replaces whole words; what is not a letter stays where it is.
fn by_word(answer: &str, other: impl Fn(&str) -> Option<String>) -> String {
    let replaced: Vec<String> = answer
        .split(' ')
        .map(|word| {
            let bare = word.trim_matches(|character: char| !character.is_alphabetic());
            match other(bare) {
                Some(new) if !bare.is_empty() => word.replacen(bare, &new, 1),
                _ => word.to_owned(),
            }
        })
        .collect();
    replaced.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_changes_how_it_is_written() {
        let edited: Vec<String> = EDITS
            .iter()
            .filter_map(|edit| edit.of("Elements are used, but it is not the order. They end."))
            .collect();
        assert_eq!(
            edited,
            [
                "ELEMENTS ARE USED, BUT IT IS NOT THE ORDER. THEY END.",
                "Elements are used but it is not the order They end",
                "Elemnets are used, but it is not the order. They end.",
                "Elements are utilized, but it is not the order. They end.",
                "Elements are used, but it isn't the order. They end.",
                "I think that elements are used, but it is not the order. They end.",
                "Elements are used, but it is not order. They end.",
                " They  end.  Elements  are  used,  but  it  is  not \nthe  order. ",
            ]
        );
    }

    #[test]
    fn nothing_to_edit_is_no_edit() {
        assert!(EDITS[4].of("Push and pop.").is_none() && EDITS[2].of("Push").is_none());
    }
}
