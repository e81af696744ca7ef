//! What an attempt shows, skill by skill.

use super::model::{Evidence, Profile, SkillEstimate};
use crate::attempts::{AttemptResult, ResultItem};
use crate::authoring::Skill;

impl Profile {
    /// The skills of a track by the graded items that name them, the widest gap first, and in the track's order where gaps are the
    /// same. Items that describe the candidate count only where the settings say so; skills without a graded item are left out.
    pub fn of(skills: &[Skill], result: &AttemptResult) -> Self {
        let counted = |item: &&ResultItem| result.settings.counts(item.group());
        let graded: Vec<Graded<'_>> = result.items.iter().filter(counted).filter_map(graded).collect();
        let mut skills: Vec<SkillEstimate> = skills
            .iter()
            .filter_map(|skill| estimate(skill, &graded))
            .collect();
        skills.sort_by(|one, other| other.gap().total_cmp(&one.gap()));
        Self {
            skills,
            percent: result.total().percent,
        }
    }
}

/// An item that gives evidence.
struct Graded<'a> {
    item: &'a ResultItem,
    points: f64,
    /// More than 0.
    marks: f64,
}

fn graded(item: &ResultItem) -> Option<Graded<'_>> {
    let points = item.counts.as_ref()?.record.verdict.points?.as_f64();
    let marks = item.item.content.marks.as_f64();
    (marks > 0.0).then_some(Graded { item, points, marks })
}

/// Level = 100 × points / marks of its items, 0–100.
fn estimate(skill: &Skill, graded: &[Graded<'_>]) -> Option<SkillEstimate> {
    let names_it = |item: &&Graded<'_>| item.item.item.content.skills.contains(&skill.skill);
    let of_it: Vec<&Graded<'_>> = graded.iter().filter(names_it).collect();
    let marks: f64 = of_it.iter().map(|item| item.marks).sum();
    let points: f64 = of_it.iter().map(|item| item.points).sum();
    let mut evidence: Vec<Evidence> = of_it.into_iter().map(evidence).collect();
    evidence.sort_by(|one, other| {
        let by_loss = other.lost.total_cmp(&one.lost);
        by_loss.then(one.item_version_id.cmp(&other.item_version_id))
    });
    (!evidence.is_empty()).then(|| SkillEstimate {
        skill: skill.skill.clone(),
        name: skill.name.clone(),
        target: skill.target_level,
        level: (100.0 * points / marks).clamp(0.0, 100.0),
        evidence,
    })
}

fn evidence(graded: &Graded<'_>) -> Evidence {
    Evidence {
        item_version_id: graded.item.item.item_version_id,
        topic: graded.item.item.content.topic.clone(),
        lost: ((graded.marks - graded.points) / graded.marks).clamp(0.0, 1.0),
    }
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
