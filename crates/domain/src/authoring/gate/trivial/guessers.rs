//! Test-wise guessers: they look for echoes, overlaps between options and signs of order.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::item::{Choice, ItemContent};
use super::super::content::text_of;
use super::super::numerals::number_of;
use super::super::wording::{content_stems, normal};
use super::{echo, shown};

/// So many options that all lean on the right one give it away.
const FEWEST_CONVERGING: usize = 2;

pub(super) fn choice(item: &ItemContent) -> Result<(), String> {
    let (stem, right, wrong) = shown(item);
    let loudest = wrong.iter().map(|text| echo(text, &stem)).max().unwrap_or(0);
    for text in &right {
        if echo(text, &stem) > loudest {
            return Err(format!(
                "only the right option “{text}” repeats words of the stem"
            ));
        }
        if converges(text, &wrong) {
            return Err(format!("“{text}” is made of what the other options have"));
        }
    }
    Ok(())
}

/// Wrong options that are each made from the right one by changing a part leave it as the one that all have most of.
fn converges(right: &str, wrong: &[&str]) -> bool {
    let own = content_stems(right);
    let others: Vec<BTreeSet<String>> = wrong.iter().map(|text| content_stems(text)).collect();
    let leans = |words: &BTreeSet<String>, on: &BTreeSet<String>| !words.is_disjoint(on);
    let covered = |words: &BTreeSet<String>, rest: &[&BTreeSet<String>]| {
        words
            .iter()
            .all(|word| rest.iter().filter(|other| other.contains(word)).count() >= 1)
    };
    let rest: Vec<&BTreeSet<String>> = others.iter().collect();
    let all_lean = others.len() >= FEWEST_CONVERGING && others.iter().all(|other| leans(other, &own));
    let alone = others.iter().enumerate().all(|(index, other)| {
        let mut rest: Vec<&BTreeSet<String>> = vec![&own];
        rest.extend(
            others
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != index)
                .map(|(_, other)| other),
        );
        !covered(other, &rest)
    });
    own.len() >= 2 && all_lean && covered(&own, &rest) && alone
}

pub(super) fn response(item: &ItemContent) -> Result<(), String> {
    let (stem, right, wrong) = shown(item);
    let echoes = |text: &&str| echo(text, &stem) > 0;
    if right.iter().all(echoes) && !wrong.iter().any(echoes) {
        return Err("the right options, and only they, repeat words of the stem".to_owned());
    }
    Ok(())
}

/// Pairs that share words with each other and with no other entry are matched by looking.
pub(super) fn matching(
    left: &[Choice],
    right: &[Choice],
    key: &BTreeMap<String, BTreeSet<String>>,
) -> Result<(), String> {
    let told = left.iter().filter(|entry| {
        let words = content_stems(&entry.text);
        let alike: Vec<&str> = right
            .iter()
            .filter(|partner| !words.is_disjoint(&content_stems(&partner.text)))
            .map(|partner| partner.id.as_str())
            .collect();
        matches!(alike.as_slice(), [only] if key.get(&entry.id).is_some_and(|ids| ids.contains(*only)))
    });
    let told = told.count();
    if told * 2 > left.len() {
        return Err(format!(
            "{told} of {} pairs repeat each other's words",
            left.len()
        ));
    }
    Ok(())
}

/// Numbers in the entries that rise or fall in the right order are read off.
pub(super) fn ordering(options: &[Choice], key: &[String]) -> Result<(), String> {
    let number = |id: &String| {
        let text = normal(text_of(options, id)?);
        let mut numbers = text.split(' ').filter_map(number_of);
        numbers.next()
    };
    let numbers: Vec<f64> = key.iter().map_while(number).collect();
    let whole = numbers.len() == key.len() && key.len() > 1;
    let rises = numbers.windows(2).all(|pair| pair[0] < pair[1]);
    let falls = numbers.windows(2).all(|pair| pair[0] > pair[1]);
    if whole && (rises || falls) {
        return Err("the numbers in the entries tell the order".to_owned());
    }
    Ok(())
}
