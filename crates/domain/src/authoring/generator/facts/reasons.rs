//! Sentences that answer a question of their own: why, what for, what happens if, how different.

use super::super::document::Document;
use super::super::english::{bare, is_among, is_plural, without_stop};
use super::super::quality::{is_auxiliary, is_pronoun, opens_with_phrase};

/// Which question a sentence answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Form {
    /// `X because Y`.
    Reason,
    /// `X so that Y`.
    Purpose,
    /// `If X, Y` and `Y when X`.
    Condition,
    /// `X differs from Y in that …`, `X …, whereas Y …`.
    Difference,
    /// `The purpose of X is to …`.
    Aim,
}

/// A question whose answer is the sentence it was made from.
#[derive(Clone, Debug)]
pub(in super::super) struct Question {
    pub(in super::super) text: String,
    pub(in super::super) form: Form,
    /// What the essay on the section may ask to discuss (`why normalization matters`).
    pub(in super::super) theme: String,
    /// The clause that is explained and the clause that explains it, where the sentence has these two parts.
    pub(in super::super) parts: Option<(String, String)>,
    pub(in super::super) sentence: usize,
    pub(in super::super) section: usize,
}

/// Words after which a clause is no plain statement.
const HEDGES: &str = "partly only just simply not even mainly especially usually often sometimes except";
const MODALS: &str = "must should may might shall could usually often sometimes";
/// Where an explaining clause ends and something else is said.
const SECOND_STATEMENTS: [&str; 7] = [
    ", whereas ",
    ", while ",
    ", but ",
    ", so ",
    ", which ",
    "; ",
    ": ",
];

/// The question a sentence answers, if it has one of the known forms.
pub(in super::super) fn questions_in(document: &Document<'_>, sentence: usize) -> Option<Question> {
    let text = without_stop(document.text(sentence));
    let found = difference(document, text)
        .or_else(|| aim(text))
        .or_else(|| reason(document, text))
        .or_else(|| condition(document, text))
        .or_else(|| contrast(document, text))?;
    let section = document.sentences[sentence].section;
    Some(Question {
        sentence,
        section,
        ..found
    })
}

fn question(text: String, form: Form, theme: String) -> Question {
    Question {
        text,
        form,
        theme,
        parts: None,
        sentence: 0,
        section: 0,
    }
}

fn difference(document: &Document<'_>, text: &str) -> Option<Question> {
    let singular = text.split_once(" differs from ");
    let (first, rest) = singular.or_else(|| text.split_once(" differ from "))?;
    let marks = [",", ";", " because ", " in that ", " by "];
    let end = marks.iter().filter_map(|mark| rest.find(mark)).min()?;
    let second = &rest[..end];
    let short = |phrase: &str| (1..=6).contains(&phrase.split(' ').count());
    let (auxiliary, verb) = if singular.is_some() {
        ("does", "differs")
    } else {
        ("do", "differ")
    };
    let first = document.casing.inside(first);
    // The sentence must go on after naming the two, otherwise it does not say how they differ.
    (short(&first) && short(second) && rest.len() > second.len() + 20).then(|| {
        question(
            format!("How {auxiliary} {first} differ from {second}?"),
            Form::Difference,
            format!("how {first} {verb} from {second}"),
        )
    })
}

fn aim(text: &str) -> Option<Question> {
    let (noun, rest) = ["purpose", "aim", "goal", "function", "role"]
        .iter()
        .find_map(|noun| Some((*noun, text.strip_prefix(&format!("The {noun} of "))?)))?;
    let (of, _) = rest.split_once(" is to ")?;
    (of.split(' ').count() <= 8).then(|| {
        question(
            format!("What is the {noun} of {of}?"),
            Form::Aim,
            format!("the {noun} of {of}"),
        )
    })
}

fn reason(document: &Document<'_>, text: &str) -> Option<Question> {
    let (effect, cause, form) = explained(text)?;
    let effect = effect.trim_end_matches(',');
    let words = effect.split(' ').count();
    let opener = bare(effect.split(' ').next().unwrap_or_default()).to_lowercase();
    let turned = is_among("just only not simply perhaps probably partly there", &opener);
    let hedged = is_among(HEDGES, effect.rsplit(' ').next().unwrap_or_default());
    let compound = effect.contains([',', ';', ':']) || effect.contains(" because ");
    let sound = (3..=18).contains(&words) && !turned && !hedged && !compound && !opens_with_phrase(effect);
    let cause = first_statement(cause);
    if !sound || cause.starts_with("of ") || cause.split(' ').count() < 4 {
        return None;
    }
    let effect = document.casing.inside(effect);
    Some(Question {
        parts: (form == Form::Reason).then(|| (effect.clone(), cause.to_owned())),
        ..question(format!("Explain why {effect}."), form, format!("why {effect}"))
    })
}

/// What is explained, by what, and how.
fn explained(text: &str) -> Option<(&str, &str, Form)> {
    let states = |rest: &str| {
        let opener = rest.split(' ').next().unwrap_or_default();
        is_among("the a an it they he she its their", opener)
    };
    if let Some((effect, cause)) = text.split_once(" because ") {
        return Some((effect, cause, Form::Reason));
    }
    if let Some((effect, purpose)) = text.split_once(" so that ") {
        return Some((effect, purpose, Form::Purpose));
    }
    let (effect, cause) = text.split_once(", since ").or_else(|| text.split_once(", as "))?;
    states(cause).then_some((effect, cause, Form::Reason))
}

fn first_statement(clause: &str) -> &str {
    let ends = SECOND_STATEMENTS.iter().filter_map(|mark| clause.find(mark));
    &clause[..ends.min().unwrap_or(clause.len())]
}

/// `If X, Y.` and `Y when X.`, where Y says what happens and not what ought to happen.
fn condition(document: &Document<'_>, text: &str) -> Option<Question> {
    let (conjunction, circumstance, outcome) =
        opened_by_condition(text).or_else(|| closed_by_condition(text))?;
    let plain = |clause: &str, least: usize| {
        let words: Vec<&str> = clause.split(' ').collect();
        (least..=18).contains(&words.len()) && !words[0].is_empty() && !is_pronoun(words[0])
    };
    let modal = outcome.split(' ').any(|word| is_among(MODALS, bare(word)));
    let hedged = is_among(HEDGES, outcome.rsplit(' ').next().unwrap_or_default());
    let past = circumstance.split(' ').any(|word| matches!(word, "was" | "were"));
    let leaning = past || circumstance.split(' ').any(is_pronoun);
    if !plain(circumstance, 3) || !plain(outcome, 4) || modal || hedged || leaning {
        return None;
    }
    let circumstance = document.casing.inside(circumstance);
    let outcome = document.casing.inside(outcome);
    let asked = match actor_of(&outcome) {
        Some(actor) => format!("does {actor} do {conjunction} {circumstance}"),
        None => format!("happens {conjunction} {circumstance}"),
    };
    let theme = match actor_of(&outcome) {
        Some(actor) => format!("what {actor} does {conjunction} {circumstance}"),
        None => format!("what {asked}"),
    };
    Some(Question {
        parts: Some((format!("{conjunction} {circumstance}"), outcome)),
        ..question(format!("What {asked}?"), Form::Condition, theme)
    })
}

/// `the interface` of `the interface returns the code E7`: who does something, so that only this can be meant.
fn actor_of(outcome: &str) -> Option<String> {
    let subject = subject_of(outcome)?;
    let verb = outcome.get(subject.len() + 1..)?.split(' ').next()?;
    let states = "stays remains becomes gets needs lies has";
    let led = is_among("the a an", subject.split(' ').next().unwrap_or_default());
    (led && !is_auxiliary(verb) && !is_among(states, verb)).then_some(subject)
}

fn opened_by_condition(text: &str) -> Option<(&'static str, &str, &str)> {
    let (conjunction, rest) = text
        .strip_prefix("If ")
        .map(|rest| ("if", rest))
        .or_else(|| text.strip_prefix("When ").map(|rest| ("when", rest)))?;
    let (circumstance, outcome) = rest.split_once(", ")?;
    let outcome = outcome.strip_prefix("then ").unwrap_or(outcome);
    Some((conjunction, circumstance, outcome))
}

fn closed_by_condition(text: &str) -> Option<(&'static str, &str, &str)> {
    let (conjunction, (outcome, circumstance)) = text
        .split_once(" if ")
        .map(|parts| ("if", parts))
        .or_else(|| text.split_once(" when ").map(|parts| ("when", parts)))?;
    let simple = !text.contains([',', ';', ':']) && !opens_with_phrase(outcome);
    let relative = [" that ", " which "].iter().any(|mark| outcome.contains(mark));
    // `… occurs when …` is a definition; asking the other way round would turn it upside down.
    let defining = outcome
        .split(' ')
        .any(|word| is_among("occurs arises happens means", word));
    (simple && !relative && !defining).then_some((conjunction, circumstance, outcome))
}

/// `A summer worker lives for …, whereas a winter worker …`.
fn contrast(document: &Document<'_>, text: &str) -> Option<Question> {
    let (first, second) = text
        .split_once(", whereas ")
        .or_else(|| text.split_once(", while "))?;
    if opens_with_phrase(first) || second.contains(", ") {
        return None;
    }
    let (first, second) = (subject_of(&document.casing.inside(first))?, subject_of(second)?);
    let unlike = first != second && !first.contains(second.as_str()) && !second.contains(first.as_str());
    unlike.then(|| {
        question(
            format!("What difference does the text describe between {first} and {second}?"),
            Form::Difference,
            format!("the difference between {first} and {second}"),
        )
    })
}

/// The noun phrase of at most five words before the verb of a clause.
fn subject_of(clause: &str) -> Option<String> {
    let words: Vec<&str> = clause.split(' ').collect();
    let verb = (1..words.len().min(6)).find(|at| {
        let next = words.get(at + 1).map_or("", |next| bare(next));
        let ends = words[*at].ends_with('s') && words[*at].len() > 3 && !words[*at].ends_with("ss");
        let governs = is_among("a an the in on for at of by with from to about only", next)
            || next.starts_with(|letter: char| letter.is_ascii_digit());
        is_auxiliary(words[*at]) || ends && governs && !is_plural_head(&words[..*at])
    })?;
    let subject = &words[..verb];
    let sound = !subject.iter().any(|word| is_pronoun(word) || word.ends_with(','));
    (sound && !is_among("if when there this that", subject[0])).then(|| subject.join(" "))
}

/// After a bare plural a word in -s is rather a noun than its verb.
fn is_plural_head(subject: &[&str]) -> bool {
    subject
        .last()
        .is_none_or(|head| is_plural(head) || is_among("a an the", head))
}

/// `What is a deadlock?`, `What are enzymes?`
pub(in super::super) fn copula(phrase: &str, plural: bool) -> &'static str {
    if plural || is_plural(phrase) && !phrase.starts_with("a ") && !phrase.starts_with("an ") {
        "are"
    } else {
        "is"
    }
}
