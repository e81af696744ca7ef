//! Word lists of the local scorer: plain English, no subject's vocabulary.
//!
//! Each list is set once, on first use.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// A list of words; only ever asked whether it holds one, so its order cannot reach a score.
pub(super) type WordList = LazyLock<HashSet<&'static str>>;

/// Whether a list holds a word.
pub(super) fn holds(list: &WordList, word: &str) -> bool {
    list.contains(word)
}

fn words(text: &'static str) -> HashSet<&'static str> {
    text.split_whitespace().collect()
}

/// The group of words that may stand for each other; words are given as written, not stemmed.
pub(super) fn synonym_group(word: &str) -> Option<usize> {
    SYNONYM_GROUPS.get(word).copied()
}

/// The digits a number word stands for. "One" is missing: it is a pronoun more often than a number.
pub(super) fn digits_of(word: &str) -> Option<&'static str> {
    NUMBERS
        .iter()
        .find(|(listed, _)| *listed == word)
        .map(|(_, digits)| *digits)
}

const NUMBERS: [(&str, &str); 15] = [
    ("zero", "0"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("hundred", "100"),
    ("thousand", "1000"),
    ("million", "1000000"),
];

/// Words that hold sentences together and say nothing alone. Their share tells English from other languages.
pub(super) static FUNCTION_WORDS: WordList = LazyLock::new(|| {
    words(
        "
        a about above after again against all also although am an and any anyone anything are around
        as at be because been before being below beside between both but by can could did do does
        doing done down during each either else etc even except ever every for from further get gets
        getting given gives got had has have having he hence her here hers him his how however i if
        in instead into is it its itself just like may me might mine more most much must my of off
        often on one only onto or other others our out over own per perhaps quite rather really same
        shall she should since so some something such than that the their them themselves then there
        thereby therefore these they thing things this those though through thus to too toward under
        until up upon us very was way we well were what whatever when whenever where whereas whether
        which while who whom whose why will with within would yes yet you your
        ",
    )
});

/// Words that bind others into sentences; a list of keywords has none of them.
pub(super) static BINDERS: WordList = LazyLock::new(|| {
    words(
        "
        a an and are as at be because been but by do does for from had has have if in into is it its of on or so
        that the their then there they this to was we were which with you your
        ",
    )
});

/// Words that turn the meaning of what follows.
pub(super) static NEGATIONS: WordList = LazyLock::new(|| {
    words(
        "
        cannot hardly neither never no nobody none nor not nothing nowhere unless without
        ",
    )
});

/// Content words that deny what follows: "avoids copying" and "does not copy" agree.
pub(super) static DENIALS: WordList = LazyLock::new(|| {
    words(
        "
        avoid avoided avoiding avoids disallow disallows eliminate eliminated eliminates eliminating exclude excludes excluding fail failed
        failing fails forbid forbidden forbids lack lacking lacks prevent prevented preventing
        prevents
        ",
    )
});

/// What a word with a denying prefix denies: "impossible" is "possible" negated, so "not impossible" is no contradiction.
pub(super) fn opposite_of(word: &str) -> Option<&'static str> {
    OPPOSITES
        .iter()
        .find(|(denying, _)| *denying == word)
        .map(|(_, plain)| *plain)
}

const OPPOSITES: [(&str, &str); 16] = [
    ("impossible", "possible"),
    ("unable", "able"),
    ("invalid", "valid"),
    ("unsafe", "safe"),
    ("unsorted", "sorted"),
    ("unordered", "ordered"),
    ("unequal", "equal"),
    ("inaccessible", "accessible"),
    ("invisible", "visible"),
    ("unstable", "stable"),
    ("incorrect", "correct"),
    ("untrue", "true"),
    ("unnecessary", "necessary"),
    ("independent", "dependent"),
    ("inefficient", "efficient"),
    ("unlikely", "likely"),
];

/// Frequent glue of Dutch, French, German, Italian, Portuguese and Spanish that is no English word.
pub(super) static FOREIGN_WORDS: WordList = LazyLock::new(|| {
    words(
        "
        aber auch auf aus avec bei bij che como con dal dans das dat de dei del della dem den der
        des dich die diese dos du een ein eine einen einer el elle en est este et fue für gli haben
        hat het ich il ils ist kann la las le lo los mit nach nel nicht não oder og omdat ou para
        parce pas pero por porque pour quand que qui sein selon ses sich sie sind sobre sono sont
        sua sul také también um una und une uno van von voor wel wenn werden wir wird worden zijn zu
        zum zur è é él ésta
        ",
    )
});

/// Frequent content words; finding one says less than finding a rare word.
pub(super) static COMMON_WORDS: WordList = LazyLock::new(|| {
    words(
        "
        able actually add allow allowed allows another answer ask become becomes begin big bit call
        called case cause certain change come common consist contain contains create difference
        different easily easy end everybody everyone example fact find first form general go good great happen help
        helps hold idea important include includes keep kind know large last later lead less let
        level little long look lot made main make makes making many mean means method multiple need
        needed needs new next number object occur order part particular people place point possible
        problem process program provide put reason refer refers require required result right role
        run say second see seen set several show similar simple simply single small sort specific
        specify start state step still store take takes tell term time try turn two type use used
        useful user uses using usually value various want whole word work works write
        ",
    )
});

/// Words that show reasons, contrasts and order.
pub(super) static CONNECTIVES: WordList = LazyLock::new(|| {
    words(
        "
        additionally also although because but consequently conversely finally first firstly
        furthermore hence however if instead lastly moreover namely otherwise second secondly since
        so specifically then therefore third thirdly though thus unless whereas whether which while
        ",
    )
});

/// Words that may stand for each other, a group to a line; a word in two groups belongs to the first.
const SYNONYMS: &str = "
    begin commence initiate start
    conclude end finish stop terminate
    big great huge large
    little small tiny
    fast quick rapid speedy
    employ use utilize
    build construct create generate make produce
    delete discard erase remove
    add append attach insert
    function method procedure routine subroutine
    call invoke
    endless infinite unbounded unlimited
    find locate search seek
    element entry item member
    kind sort type
    location place position spot
    dimension length size
    biggest greatest largest maximum
    least lowest minimum smallest
    allow enable let permit
    must need require
    comprise contain hold include store
    adjust alter change modify
    display indicate present show
    iterate loop recur repeat
    child children descendant
    back rear tail
    front head top
    advantage benefit
    disadvantage drawback
    argument parameter
    behavior behaviour
    check examine test verify
    divide partition separate split
    combine join merge unite
    again repeatedly
    grow increase rise
    decrease fall lower reduce shrink
    cause lead result
    crucial essential important significant
    bug error fault mistake
    part piece portion section
    complete entire total whole
    own possess
    happen occur
    acquire get obtain receive
    give provide supply
    keep maintain preserve retain
    additionally also
    equal identical same
    different distinct
    easy simple
    complex difficult hard
    avoid prevent
    amount number quantity
    order sequence
    many multiple several various
    define describe explain
";

static SYNONYM_GROUPS: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    let mut groups = HashMap::new();
    for (group, line) in SYNONYMS.lines().enumerate() {
        for word in line.split_whitespace() {
            groups.entry(word).or_insert(group);
        }
    }
    groups
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_both_holds_a_sentence_together_and_carries_meaning() {
        for list in [&NEGATIONS, &COMMON_WORDS, &FOREIGN_WORDS, &DENIALS] {
            let shared: Vec<_> = FUNCTION_WORDS.intersection(list).collect();
            assert!(shared.is_empty(), "{shared:?}");
        }
    }

    #[test]
    fn words_are_found_and_others_are_not() {
        assert!(holds(&FUNCTION_WORDS, "the") && !holds(&FUNCTION_WORDS, "queue"));
        assert_eq!(synonym_group("delete"), synonym_group("remove"));
        assert_eq!(synonym_group("queue"), None);
        assert_eq!((digits_of("two"), digits_of("one")), (Some("2"), None));
    }
}
