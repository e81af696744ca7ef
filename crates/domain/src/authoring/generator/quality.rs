//! Which sentences can stand on their own, away from the text around them.

use super::english::{bare, is_among};

/// First words that continue the sentence before.
const BACKWARD_OPENERS: &str = "\
    namely like currently well not \
    accordingly additionally again also alternatively and another besides both but consequently \
    conversely either finally first firstly further furthermore he hence her here his however instead it \
    its lastly later likewise meanwhile moreover neither nevertheless next nonetheless nor or other \
    others otherwise second secondly she similarly so sometimes still such that their then there thereby \
    therefore these they third this those thus yet";
/// First phrases that do the same.
const BACKWARD_PHRASES: [&str; 45] = [
    "the difference comes",
    "the difference lies",
    "after that",
    "with that",
    "until then",
    "by then",
    "at that",
    "as a result",
    "as such",
    "as above",
    "as mentioned",
    "as we",
    "by contrast",
    "for example",
    "for instance",
    "for that",
    "in addition",
    "in contrast",
    "in other words",
    "in particular",
    "in short",
    "in that case",
    "in general",
    "in fact",
    "on the other hand",
    "the latter",
    "the former",
    "the other",
    "the same",
    "to do so",
    "one of them",
    "one example",
    "an example",
    "for an example",
    "each of them",
    "the value",
    "the default value",
    "the result",
    "the reason",
    "the main reason",
    "similar reasoning",
    "the exception",
    "since then",
    "from that",
    "most of the",
];
/// Words that point outside the sentence or speak to the reader.
const POINTING_WORDS: &str = "\
    this these those above below following follows aforementioned latter former i we you our your us my \
    me let here hereafter herein respectively e.g i.e etc ibid today chapter";
/// Things that are only meant when a number or letter follows (`Table 3`).
const NUMBERED_THINGS: &str = "\
    figure fig table section sec page equation eq appendix listing example theorem lemma";

/// Words that tie a sentence to an earlier one wherever they stand.
const TYING_WORDS: &str =
    "also therefore instead however thus hence nevertheless moreover furthermore ones others";
/// First words of phrases in which a pronoun has no noun yet that it could stand for.
const PHRASE_OPENERS: &str = "\
    if when while although as at around about from after before in on since for by with without during until \
    under over to once through because among inside outside back only beyond within";
const PRONOUNS: &str = "\
    it its they their them he she his her him itself themselves herself himself";
const AUXILIARIES: &str = "\
    is are was were has have had can could may might must shall should will would do does did cannot";

/// Verbs that open an instruction.
const COMMANDS: &str = "\
    add adjust allow apply assign assume attach avoid boil build calculate call check choose clean click \
    close collect compare compute configure confirm connect consider convert copy create cut define \
    delete determine disconnect download drain draw ensure enter extract fill find fix fold get give \
    hold identify imagine include increase insert inspect install keep lift list load log make measure \
    mix mount move note open parse perform place plug pour prepare preserve press print pull push put \
    read record reduce refer register release remember remove repeat replace reset return rinse run save \
    search see select send set specify start state stop store suppose switch test tighten try turn use \
    verify wait write";

/// Whether a sentence tells the reader to do something, or what a named function does (`Returns the length.`).
pub(super) fn is_command(sentence: &str) -> bool {
    let mut words = sentence.split(' ').map(|word| bare(word).to_lowercase());
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let object = second.starts_with(|letter: char| letter.is_ascii_digit())
        || is_among("the a an one for every all each if whether any", &second);
    let subjectless = first.ends_with('s') && object;
    is_among(COMMANDS, &first) || subjectless
}

/// Whether a sentence of prose is complete, self-contained and plain enough to be made into an item.
pub(super) fn stands_alone(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    (6..=42).contains(&words.len())
        && text.ends_with('.')
        && is_clean(text)
        && !opens_backward(text)
        && !is_command(text)
        && !points_outside(&words)
        && !leans_backward(&words)
}

/// Whether a word is a pronoun of the third person.
pub(super) fn is_pronoun(word: &str) -> bool {
    is_among(PRONOUNS, &bare(word).to_lowercase())
}

/// Whether a word is an auxiliary or modal verb, so that what stands before it is a subject.
pub(super) fn is_auxiliary(word: &str) -> bool {
    is_among(AUXILIARIES, &bare(word).to_lowercase())
}

/// Whether a clause opens with a phrase of circumstance instead of its subject.
pub(super) fn opens_with_phrase(text: &str) -> bool {
    let opener = text.split([' ', ',']).next().unwrap_or_default();
    is_among(PHRASE_OPENERS, &opener.to_lowercase())
}

/// Whether something in a sentence can be understood only from the sentences before it: a tying word, or a pronoun
/// that comes before any noun of its own (`Around the eighteenth day she stands guard.`).
fn leans_backward(words: &[&str]) -> bool {
    let tied = |word: &&str| is_among(TYING_WORDS, &bare(word).to_lowercase());
    // `the scout that finds one dances`: a number word that stands for a noun.
    let stands_for = |pair: &[&str]| pair[0] == "one" && (is_auxiliary(pair[1]) || pair[1].ends_with('s'));
    if words.windows(2).any(stands_for)
        || words.iter().any(tied)
        || words.last().is_some_and(|last| bare(last) == "too")
    {
        return true;
    }
    let Some(at) = words.iter().position(|word| is_pronoun(word)) else {
        return false;
    };
    // `The diet makes her grow`: whom, only the sentence before says.
    if words[at.saturating_sub(1)] == "of" && at < 5 {
        return true;
    }
    if is_among("make makes made let lets help helps", words[at.saturating_sub(1)]) {
        return true;
    }
    if !opens_with_phrase(words[0]) {
        return at < 2;
    }
    let before = &words[..at];
    match before.iter().position(|word| word.ends_with(',')) {
        Some(comma) => at < comma + 3,
        None => !before.iter().any(|word| is_auxiliary(word)),
    }
}

/// Addresses, options, typewriter quotes, a second question or list marker inside.
const ODD_MARKS: [&str; 8] = ["www.", "://", "--", "’’", "‘‘", "''", "? ", "?,"];

/// Whether a phrase has only the marks of running prose.
pub(super) fn is_clean(text: &str) -> bool {
    let odd = |letter: char| {
        matches!(
            letter,
            '[' | ']' | '{' | '}' | '<' | '>' | '=' | '|' | '\\' | '@' | '#' | '^' | '~' | '…' | '_' | '*'
        )
    };
    let count = |mark: char| text.chars().filter(|letter| *letter == mark).count();
    let paired = count('(') == count(')') && count('“') == count('”') && count('"') % 2 == 0;
    let visible = text.chars().filter(|letter| !letter.is_whitespace()).count();
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
    let unreadable = text
        .chars()
        .any(|letter| letter == '\u{fffd}' || letter.is_control());
    !text.chars().any(odd)
        && paired
        && !unreadable
        && letters * 10 >= visible * 8
        && !ODD_MARKS.iter().any(|mark| text.contains(mark))
}

pub(super) fn opens_backward(text: &str) -> bool {
    let lower = text.to_lowercase();
    let opener = lower.split([' ', ',', '\'', '’']).next().unwrap_or_default();
    let lettered = lower.chars().nth(1).is_some_and(|mark| matches!(mark, '.' | ')'));
    let starts_small =
        lettered || !text.starts_with(|letter: char| letter.is_uppercase() || letter.is_ascii_digit());
    let phrased = |phrase: &str| {
        lower
            .strip_prefix(phrase)
            .is_some_and(|rest| rest.starts_with([' ', ',']))
    };
    starts_small
        || is_among(BACKWARD_OPENERS, opener)
        || BACKWARD_PHRASES.iter().any(|phrase| phrased(phrase))
}

fn points_outside(words: &[&str]) -> bool {
    words.iter().enumerate().any(|(index, word)| {
        let lower = bare(word).to_lowercase();
        let lower = lower.split(['\'', '’']).next().unwrap_or_default();
        let next = words.get(index + 1).copied().unwrap_or_default();
        let numbered = is_among(NUMBERED_THINGS, lower)
            && bare(next).starts_with(|letter: char| letter.is_ascii_digit());
        let like_that = lower == "such" && matches!(next, "a" | "an");
        let label = index < 4 && word.ends_with(':');
        let refers = lower == "see" && (index == 0 || word.starts_with('('));
        is_among(POINTING_WORDS, lower) || numbered || refers || like_that || label
    })
}

/// Whether a phrase leans on a noun that is not in it (`the number of its attributes`).
pub(super) fn has_dangling_pronoun(phrase: &str) -> bool {
    let mut meaningful = 0;
    for word in phrase.split_whitespace() {
        let lower = bare(word).to_lowercase();
        if matches!(
            lower.as_str(),
            "it" | "its" | "they" | "their" | "them" | "he" | "she" | "his" | "itself" | "themselves"
        ) {
            return meaningful < 3;
        }
        if !super::super::gate::wording::is_stop_word(&lower) {
            meaningful += 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_need_their_neighbours_are_left_out() {
        for text in [
            "It keeps several versions of every row in the table.",
            "Around the eighteenth day she stands guard at the entrance.",
            "At her best, in May, she lays many eggs a day.",
            "Building is therefore expensive for every one of the builders.",
            "For example, a page holds the rows of one table.",
            "The steps below show how a page is read from disk.",
            "As Table 3 shows, the index is smaller than the data.",
            "We propose a method that reads pages from the disk.",
            "the lower-case fragment of a sentence that was cut somewhere.",
            "The value a[i] = 3 is stored in the page of the table.",
        ] {
            assert!(!stands_alone(text), "{text}");
        }
        assert!(stands_alone(
            "A page is the smallest unit of data that a server reads."
        ));
        assert!(stands_alone(
            "If the temperature drops, the young bees get lost on their first flights."
        ));
        assert!(stands_alone(
            "A table with 3 columns is stored in the file of the tablespace."
        ));
    }

    #[test]
    fn a_pronoun_needs_its_noun_in_the_phrase() {
        assert!(has_dangling_pronoun("the number of its attributes"));
        assert!(!has_dangling_pronoun(
            "a drawing of entity types, their attributes and their relationships"
        ));
    }
}
