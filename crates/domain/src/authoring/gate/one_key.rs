//! `one_key`: exactly one key, or the declared number of keys, and every key names something that is there.

use std::collections::{BTreeMap, BTreeSet};

use super::super::item::{Blank, BlankComparison, Choice, ItemBody, ItemContent, Tolerance};
use super::super::rubric::Rubric;
use super::wording::content_stems;

/// The widest tolerance, as a share of the key.
const WIDEST: f64 = 0.5;
/// Content words that have to stand around each gap.
const FEWEST_AROUND: usize = 2;

pub(super) fn check(item: &ItemContent) -> Result<(), String> {
    match &item.body {
        ItemBody::MultipleChoice { options, key, .. } => {
            require(key.len() == 1, || {
                format!("{} keys, exactly one is needed", key.len())
            })?;
            all_options(options, key.iter())
        }
        ItemBody::MultipleResponse { options, key, .. } => {
            require(key.len() >= 2, || {
                format!("{} keys, at least two are needed", key.len())
            })?;
            all_options(options, key.iter())
        }
        // The kind has one key; what is no statement has none.
        ItemBody::TrueFalse { .. } => {
            let statement = !item.stem.contains("____") && !item.stem.trim_end().ends_with('?');
            require(statement, || {
                "it is no statement that could be true or false".to_owned()
            })
        }
        ItemBody::FillBlank { blanks } => fill_blank(&item.stem, blanks),
        ItemBody::Matching { left, right, key, .. } => matching(left, right, key),
        ItemBody::Numeric { key, tolerance, .. } => {
            require(key.is_finite(), || "the key is no number".to_owned())?;
            sane(*tolerance)?;
            narrow(*key, *tolerance)
        }
        ItemBody::Ordering { options, key, .. } => whole_order(options, key),
        ItemBody::ShortAnswer { reference, rubric } => {
            require(!reference.trim().is_empty(), || "no reference answer".to_owned())?;
            criteria(rubric)
        }
        ItemBody::Essay { rubric, .. } => criteria(rubric),
        // Never generated: only people write these, and `authored` judges what they write.
        ItemBody::Coding { .. } | ItemBody::Profile { .. } | ItemBody::FileUpload { .. } => Ok(()),
    }
}

fn require(sound: bool, reason: impl FnOnce() -> String) -> Result<(), String> {
    if sound { Ok(()) } else { Err(reason()) }
}

fn all_options<'a>(options: &[Choice], mut key: impl Iterator<Item = &'a String>) -> Result<(), String> {
    let ids = ids_of(options)?;
    match key.find(|id| !ids.contains(id.as_str())) {
        Some(id) => Err(format!("key {id} is no option")),
        None => Ok(()),
    }
}

fn whole_order(options: &[Choice], key: &[String]) -> Result<(), String> {
    let ids = ids_of(options)?;
    let order: BTreeSet<&str> = key.iter().map(String::as_str).collect();
    let whole = order == ids && key.len() == options.len() && options.len() >= 3;
    require(whole, || {
        "the key must order every entry once, three or more of them".to_owned()
    })
}

fn ids_of(choices: &[Choice]) -> Result<BTreeSet<&str>, String> {
    let ids: BTreeSet<&str> = choices.iter().map(|choice| choice.id.as_str()).collect();
    require(ids.len() == choices.len(), || {
        "two options carry the same id".to_owned()
    })?;
    Ok(ids)
}

fn fill_blank(stem: &str, blanks: &[Blank]) -> Result<(), String> {
    let gaps = stem.matches("____").count();
    require(gaps == blanks.len() && gaps > 0, || {
        format!("{gaps} gaps in the stem, {} blanks", blanks.len())
    })?;
    let ids: BTreeSet<&str> = blanks.iter().map(|blank| blank.id.as_str()).collect();
    require(ids.len() == blanks.len(), || {
        "two blanks carry the same id".to_owned()
    })?;
    for blank in blanks {
        let written =
            !blank.accepted.is_empty() && blank.accepted.iter().all(|answer| !answer.trim().is_empty());
        require(written, || format!("blank {} accepts nothing", blank.id))?;
        if let BlankComparison::Numeric { tolerance } = blank.comparison {
            let numbers = blank
                .accepted
                .iter()
                .all(|answer| answer.replace(',', "").parse::<f64>().is_ok());
            require(numbers, || {
                format!("blank {} compares numbers but accepts text", blank.id)
            })?;
            sane(tolerance)?;
        }
    }
    let words = content_stems(&stem.replace("____", " ").replace("(n)", " ")).len();
    require(words >= FEWEST_AROUND * blanks.len(), || {
        "the gaps leave so little that many answers fit".to_owned()
    })
}

fn matching(
    left: &[Choice],
    right: &[Choice],
    key: &BTreeMap<String, BTreeSet<String>>,
) -> Result<(), String> {
    let (lefts, rights) = (ids_of(left)?, ids_of(right)?);
    let keyed: BTreeSet<&str> = key.keys().map(String::as_str).collect();
    require(keyed == lefts && lefts.len() >= 2, || {
        "every left entry needs its key".to_owned()
    })?;
    let single = key
        .values()
        .all(|ids| ids.len() == 1 && ids.iter().all(|id| rights.contains(id.as_str())));
    require(single, || {
        "every left entry needs exactly one right entry that is there".to_owned()
    })?;
    let used: BTreeSet<&String> = key.values().flatten().collect();
    require(used.len() == lefts.len(), || {
        "one right entry is the key of two left entries".to_owned()
    })
}

fn sane(tolerance: Tolerance) -> Result<(), String> {
    let (Tolerance::Absolute(value) | Tolerance::Relative(value)) = tolerance;
    require(value.is_finite() && value >= 0.0, || {
        "the tolerance must be 0 or more".to_owned()
    })
}

/// A tolerance as wide as the number itself lets nearly every answer be the key.
fn narrow(key: f64, tolerance: Tolerance) -> Result<(), String> {
    let share = match tolerance {
        Tolerance::Relative(share) => share,
        Tolerance::Absolute(_) if key == 0.0 => 0.0,
        Tolerance::Absolute(value) => value / key.abs(),
    };
    require(share <= WIDEST, || {
        "the tolerance lets too many numbers be the key".to_owned()
    })
}

fn criteria(rubric: &Rubric) -> Result<(), String> {
    let weighted = rubric
        .criteria
        .iter()
        .any(|criterion| criterion.weight.is_finite() && criterion.weight > 0.0);
    require(weighted, || {
        "the rubric has no criterion with a weight".to_owned()
    })?;
    let ids: BTreeSet<&str> = rubric
        .criteria
        .iter()
        .map(|criterion| criterion.id.as_str())
        .collect();
    require(ids.len() == rubric.criteria.len(), || {
        "two criteria carry the same id".to_owned()
    })
}
