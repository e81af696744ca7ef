//! A fail that only machines gave, where the settings want a person to look before it is final.

use super::model::{Attempt, ScoringState};
use super::state::AttemptState;
use crate::authoring::{Settings, VersionedItem};
use crate::ids::ItemVersionId;
use crate::points::Points;
use crate::scoring::total::{ItemScore, Total, total};
use crate::scoring::{Counting, Scorer};
use crate::store::{Ctx, StoreError, Tx};

/// Brings up to date whether the fail of an attempt, which is locked, waits for a person, after something else counts in it. Before
/// the end of scoring, in a voided attempt, and without `human_oversight` there is nothing to do.
pub(crate) async fn oversee(ctx: &Ctx, tx: &mut dyn Tx, attempt: &Attempt) -> Result<(), StoreError> {
    let is_scored = matches!(attempt.scoring, ScoringState::Done | ScoringState::Failed);
    if !is_scored || attempt.state == AttemptState::Voided {
        return Ok(());
    }
    let version = attempt.definition_version_id;
    let settings = tx.attempts().version_settings(version).await?;
    set_waiting_fail(ctx, tx, attempt, &settings).await
}

/// The same with the settings at hand, at the end of scoring.
pub(super) async fn set_waiting_fail(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    attempt: &Attempt,
    settings: &Settings,
) -> Result<(), StoreError> {
    if !settings.human_oversight {
        return Ok(());
    }
    let items = tx.attempts().items(attempt).await?;
    let counting = tx.scoring().what_counts(attempt.id).await?;
    let item = to_look_at(&items, &counting, settings);
    tx.scoring().set_waiting_fail(attempt.id, item, ctx.now()).await
}

/// Whether a fail is not final because nobody but machines (`scorers` are those of what counts) has given it.
pub(super) fn fail_awaits_person(
    settings: &Settings,
    total: &Total,
    mut scorers: impl Iterator<Item = Scorer>,
) -> bool {
    settings.human_oversight && total.passed == Some(false) && scorers.all(|scorer| scorer != Scorer::Human)
}

/// The item with which a person should begin: one that is provisional, then the least sure, then the one that lost most. None
/// where no fail waits for a person.
fn to_look_at(items: &[VersionedItem], counting: &[Counting], settings: &Settings) -> Option<ItemVersionId> {
    let counted: Vec<(&Counting, Points)> = items
        .iter()
        .filter(|item| settings.counts(item.content.body.kind().group()))
        .filter_map(|item| {
            let found = counting
                .iter()
                .find(|counting| counting.item_version_id == item.item_version_id)?;
            Some((found, item.content.marks))
        })
        .collect();
    let scores: Vec<ItemScore> = counted
        .iter()
        .map(|(counting, marks)| ItemScore {
            marks: *marks,
            points: counting.points,
            provisional: counting.provisional,
        })
        .collect();
    let total = total(&scores, settings.pass_percent);
    if !fail_awaits_person(settings, &total, counting.iter().map(|counting| counting.scorer)) {
        return None;
    }
    let lost = |(counting, marks): &(&Counting, Points)| *marks - counting.points.unwrap_or(Points::ZERO);
    let first = counted.iter().min_by(|one, other| {
        let by_doubt = other.0.provisional.cmp(&one.0.provisional);
        by_doubt
            .then(sureness(one.0).total_cmp(&sureness(other.0)))
            .then(lost(other).cmp(&lost(one)))
    });
    first.map(|(counting, _)| counting.item_version_id)
}

/// What nobody could judge is least sure of all, and what rules say is sure.
fn sureness(counting: &Counting) -> f64 {
    let without = if counting.points.is_some() { 1.0 } else { 0.0 };
    counting.confidence.unwrap_or(without)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::views::tests::item;
    use super::*;
    use crate::authoring::item::{ItemBody, ProfileForm};

    /// Ten marks each, numbered; the last one is about the candidate.
    fn items() -> Vec<VersionedItem> {
        let numbered = |number: u128| VersionedItem {
            item_version_id: id(number),
            ..item(10)
        };
        let mut items: Vec<VersionedItem> = (1..=4).map(numbered).collect();
        items[3].content.body = ItemBody::Profile {
            form: ProfileForm::Text,
        };
        items
    }

    const fn id(number: u128) -> ItemVersionId {
        ItemVersionId(Uuid::from_u128(number))
    }

    fn by(scorer: Scorer, number: u128, points: Option<i64>, confidence: Option<f64>) -> Counting {
        Counting {
            item_version_id: id(number),
            scorer,
            points: points.map(Points::whole),
            confidence,
            provisional: false,
        }
    }

    fn overseen() -> Settings {
        Settings {
            human_oversight: true,
            ..Settings::default()
        }
    }

    #[test]
    fn a_person_begins_where_machines_are_least_sure() {
        let rule = by(Scorer::Rule, 1, Some(0), None);
        let local = by(Scorer::Local, 2, Some(4), Some(0.9));
        let model = by(Scorer::Llm, 3, Some(5), Some(0.7));
        let unsure = Counting {
            provisional: true,
            confidence: Some(0.95),
            ..local
        };
        let ungraded = by(Scorer::Local, 3, None, None);
        let cases = [
            (vec![rule, local, model], Some(3)),
            (vec![rule, unsure, model], Some(2)),
            (vec![rule, local, ungraded], Some(3)),
            // Rules are all as sure; the one that lost most.
            (
                vec![
                    by(Scorer::Rule, 2, Some(3), None),
                    rule,
                    by(Scorer::Rule, 3, Some(1), None),
                ],
                Some(1),
            ),
        ];
        for (counting, expected) in cases {
            assert_eq!(
                to_look_at(&items(), &counting, &overseen()),
                expected.map(id),
                "{counting:?}"
            );
        }
    }

    #[test]
    fn only_a_fail_of_nobody_but_machines_waits() {
        let fail = [
            by(Scorer::Rule, 1, Some(0), None),
            by(Scorer::Local, 2, Some(6), Some(0.9)),
        ];
        assert_eq!(to_look_at(&items(), &fail, &overseen()), Some(id(2)));
        let [rule, text] = fail;
        let passes = [by(Scorer::Rule, 1, Some(10), None), text];
        let judged = [rule, by(Scorer::Human, 2, Some(6), None)];
        let ungraded = [by(Scorer::Local, 1, None, None)];
        for counting in [&passes[..], &judged, &ungraded, &[]] {
            assert_eq!(to_look_at(&items(), counting, &overseen()), None, "{counting:?}");
        }
        assert_eq!(to_look_at(&items(), &fail, &Settings::default()), None);
    }

    #[test]
    fn what_is_said_of_the_candidate_is_looked_at_only_where_it_counts() {
        let counting = [
            by(Scorer::Rule, 1, Some(5), None),
            by(Scorer::Local, 4, Some(0), Some(0.1)),
        ];
        assert_eq!(to_look_at(&items(), &counting, &overseen()), Some(id(1)));
        let counted = Settings {
            profile_counts: true,
            ..overseen()
        };
        assert_eq!(to_look_at(&items(), &counting, &counted), Some(id(4)));
    }
}
