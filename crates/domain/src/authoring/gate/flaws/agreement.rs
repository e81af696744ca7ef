//! Grammar that fits some options only.

use super::super::super::item::{Blank, ItemContent};
use super::super::content::{split_options, texts_of};
use super::super::wording::{normal, takes_an};

pub(super) fn options(item: &ItemContent) -> Result<(), String> {
    article(item)?;
    number(item)?;
    pronoun(item)?;
    infinitive(item)
}

/// “… is an” fits only options that begin with a vowel, so the article must fit all of them.
fn article(item: &ItemContent) -> Result<(), String> {
    let Some(article) = last_word(&item.stem).filter(|word| word == "a" || word == "an") else {
        return Ok(());
    };
    match texts_of(item)
        .iter()
        .find(|text| takes_an(text) != (article == "an"))
    {
        Some(text) => Err(format!(
            "“{article} {text}” is not grammatical, which excludes the option"
        )),
        None => Ok(()),
    }
}

/// “Which animals …?” fits only options in the plural, “Which animal …?” only those in the singular.
fn number(item: &ItemContent) -> Result<(), String> {
    let text = normal(&item.stem);
    let mut words = text.split(' ');
    let (Some("which" | "what"), Some(noun)) = (words.next(), words.next()) else {
        return Ok(());
    };
    let verb = matches!(
        noun,
        "is" | "are" | "was" | "were" | "does" | "do" | "has" | "have" | "of"
    );
    let (right, wrong) = split_options(item);
    let short = |texts: &[&str]| {
        texts
            .iter()
            .all(|text| (1..=3).contains(&text.split_whitespace().count()))
    };
    if verb || right.len() != 1 || wrong.is_empty() || !short(&right) || !short(&wrong) {
        return Ok(());
    }
    let asked = is_plural(noun);
    let fits = |text: &&str| is_plural(&normal(text)) == asked;
    if right.iter().all(fits) && !wrong.iter().any(fits) {
        return Err("only the right option agrees with the question in number".to_owned());
    }
    Ok(())
}

/// “Why do bees …?” – “They …” among options with “It …” is the only one that speaks of the bees.
fn pronoun(item: &ItemContent) -> Result<(), String> {
    let opener = |text: &&str| {
        let text = normal(text);
        let word = text.split(' ').next().unwrap_or_default().to_owned();
        matches!(word.as_str(), "it" | "they" | "he" | "she").then_some(word)
    };
    let (right, wrong) = split_options(item);
    let Some(own) = right.first().and_then(opener).filter(|_| right.len() == 1) else {
        return Ok(());
    };
    let differs = |text: &&str| opener(text).is_some_and(|other| other != own);
    if !wrong.is_empty() && wrong.iter().all(differs) {
        return Err(format!(
            "only the right option speaks of what was asked (“{own}”)"
        ));
    }
    Ok(())
}

/// “… in order to” fits only verbs.
fn infinitive(item: &ItemContent) -> Result<(), String> {
    if last_word(&item.stem).is_none_or(|word| word != "to") {
        return Ok(());
    }
    let noun = |text: &&String| {
        let opener = normal(text);
        matches!(opener.split(' ').next(), Some("a" | "an" | "the"))
    };
    match texts_of(item).iter().find(noun) {
        Some(text) => Err(format!(
            "“to {text}” is not grammatical, which excludes the option"
        )),
        None => Ok(()),
    }
}

pub(super) fn gaps(stem: &str, blanks: &[Blank]) -> Result<(), String> {
    for (before, blank) in stem.split("____").zip(blanks) {
        let article = before
            .split_whitespace()
            .next_back()
            .unwrap_or_default()
            .to_lowercase();
        let Some(answer) = blank.accepted.first() else {
            continue;
        };
        let wrong = (article == "a" && takes_an(answer)) || (article == "an" && !takes_an(answer));
        if wrong {
            return Err(format!("“{article} {answer}” is not grammatical"));
        }
    }
    Ok(())
}

fn last_word(stem: &str) -> Option<String> {
    let open = stem.trim_end_matches([' ', ':', '_', '…', '.']);
    open.rsplit(' ').next().map(str::to_lowercase)
}

/// By its ending only, so irregular plurals count as singular.
fn is_plural(phrase: &str) -> bool {
    let last = phrase.split(' ').next_back().unwrap_or_default();
    last.len() > 3 && last.ends_with('s') && !["ss", "us", "is", "ics"].iter().any(|end| last.ends_with(end))
}
