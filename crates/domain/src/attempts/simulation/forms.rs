//! Whether a drawn form is lawful. Which one is drawn is chance; how it is made up is not.

use super::catalogue::{Kind, section_of};
use super::editions::Version;
use super::model_attempt::Places;
use super::real::Check;
use crate::attempts::Form;

/// The items of a new attempt of the version, as a set.
pub(super) fn drawn(form: &Form, version: &Version) -> Check<Places> {
    let (edition, track) = (&version.edition, version.is_track());
    let Some(places) = form.places() else {
        if edition.mix.is_some() || edition.shuffle_items {
            return Err("nothing was drawn".to_owned());
        }
        return Ok((1 << edition.items) - 1);
    };
    if edition.mix.is_none() && !edition.shuffle_items {
        return Err("there was nothing to draw".to_owned());
    }
    let mut set: Places = 0;
    for place in places {
        if usize::from(*place) >= edition.items || set >> place & 1 == 1 {
            return Err(format!("place {place} of {places:?} is unknown or there twice"));
        }
        set |= 1 << place;
    }
    if !places.is_sorted_by_key(|place| section_of(track, usize::from(*place))) {
        return Err(format!("{places:?} mixes sections"));
    }
    let group_sizes = |has: &dyn Fn(usize) -> bool| {
        let mut sizes = [0; 4];
        for place in (0..edition.items).filter(|place| has(*place)) {
            sizes[Kind::at(track, place).group()] += 1;
        }
        sizes
    };
    let there = group_sizes(&|_| true);
    let wanted = edition.mix.unwrap_or(there);
    let got = group_sizes(&|place| set >> place & 1 == 1);
    if (0..4).any(|group| got[group] != wanted[group].min(there[group])) {
        return Err(format!("drew {got:?} of {there:?}, wanted {wanted:?}"));
    }
    Ok(set)
}
