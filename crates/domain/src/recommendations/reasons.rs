//! Reasons in the words of this program.

use std::collections::BTreeSet;
use std::fmt;

use super::chunks::start_of;
use super::model::{Outcome, Pick, Selection, SkillEstimate, Trace};
use super::selecting::MOST_PICKS;
use crate::catalog::{Credential, CredentialLevel};
use crate::llm::visible_words;

/// Characters of a sentence that a reason repeats.
const MOST_QUOTED: usize = 200;
/// Skills that a summary names.
const MOST_NAMED: usize = 3;
/// How sure anybody can be of what is only popular.
const POPULAR_CONFIDENCE: f64 = 0.5;

/// Why nothing is recommended.
pub(super) enum Nothing<'a> {
    /// The attempt shows no skill.
    NoSkill,
    /// There is nothing to recommend.
    NoEntry,
    /// No entry is about the skills.
    About(&'a [&'a SkillEstimate]),
    /// The entries about them ask for more than this level.
    Ready(CredentialLevel, &'a [&'a SkillEstimate]),
    /// Nothing is lacking, and no entry about them is of this level.
    Further(CredentialLevel, &'a [&'a SkillEstimate]),
}

impl fmt::Display for Nothing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSkill => f.write_str(
                "No graded item of this attempt names a skill of the track, so there is nothing to search for.",
            ),
            Self::NoEntry => f.write_str("The catalogue has no entries yet."),
            Self::About(skills) => {
                write!(f, "Nothing in the catalogue is about {}.", listed(skills, "or"))
            }
            Self::Ready(level, skills) => write!(
                f,
                "What the catalogue has on {} asks for more than this attempt shows: nothing there is of {}.",
                listed(skills, "or"),
                match level {
                    CredentialLevel::Foundation => "foundation level",
                    CredentialLevel::Intermediate => "foundation or intermediate level",
                    CredentialLevel::Advanced => "any level",
                }
            ),
            Self::Further(level, skills) => write!(
                f,
                "This attempt reaches what the track asks for, and the catalogue has nothing on {} of {} level, which would go further.",
                listed(skills, "or"),
                level.as_str()
            ),
        }
    }
}

/// What a selection says about itself; `skills` are those that were searched for.
pub(super) fn found(picks: &[Pick], skills: &[&SkillEstimate]) -> String {
    let evidence = picks.iter().flat_map(|pick| &pick.traces);
    let slugs: BTreeSet<&str> = evidence.map(|trace| trace.skill.as_str()).collect();
    let is_met = |skill: &&SkillEstimate| slugs.contains(skill.skill.as_str());
    let met: Vec<&SkillEstimate> = skills.iter().copied().filter(is_met).collect();
    let (entries, fit, go) = match picks.len() {
        1 => ("1 entry of the catalogue".to_owned(), "fits", "goes"),
        many => (format!("{many} entries of the catalogue"), "fit", "go"),
    };
    let named = listed(&met, "and");
    if met.iter().any(|skill| skill.gap() > 0.0) {
        format!("{entries} {fit} {named}, where this attempt is below what the track asks for.")
    } else {
        format!("This attempt reaches what the track asks for; {entries} {go} further in {named}.")
    }
}

/// One sentence for each piece of evidence, with its number.
pub(super) fn rationale(traced: &[(&SkillEstimate, Trace)]) -> String {
    let sentences = traced.iter().zip(1..).map(|((skill, trace), number)| {
        let Figures { reached, asked } = Figures::of(skill);
        let name = visible_words(&skill.name, MOST_QUOTED);
        let said = format!("“{}” [{number}].", quoted(&trace.snippet));
        if skill.gap() > 0.0 {
            return format!(
                "You reached {reached} of the marks in {name}, where the track asks for {asked}; this credential says: {said}"
            );
        }
        let compared = if reached == asked {
            "as much as"
        } else {
            "more than the"
        };
        let asked = if reached == asked {
            "the track asks for".to_owned()
        } else {
            format!("{asked} the track asks for")
        };
        format!("You reached {reached} of the marks in {name}, {compared} {asked}; this goes further: {said}")
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// The percentages of a skill, as people read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    /// Of the marks.
    pub(super) reached: String,
    /// By the track.
    pub(super) asked: String,
}

impl Figures {
    /// With one decimal at most. What is reached is rounded down, so that a gap is never rounded away.
    pub(super) fn of(skill: &SkillEstimate) -> Self {
        let tenths = (skill.level * 10.0 + 1e-6).floor();
        Self {
            reached: percentage(tenths / 10.0),
            asked: percentage((skill.target * 10.0).round() / 10.0),
        }
    }
}

fn percentage(number: f64) -> String {
    format!("{number} %")
}

/// A sentence of the catalogue within quotation marks: in one line, shortened at a word, and without signs that would end the
/// quotation or look like the number of a piece of evidence.
fn quoted(snippet: &str) -> String {
    let visible = visible_words(snippet, usize::MAX);
    let start = start_of(&visible, MOST_QUOTED);
    let plain = |letter| match letter {
        '[' => '(',
        ']' => ')',
        '“' | '”' | '"' => '\'',
        other => other,
    };
    let mut quoted: String = start.chars().map(plain).collect();
    if start.len() < visible.len() {
        quoted.push_str(" …");
    }
    quoted
}

/// `A, B and C`; of many the first ones and how many more there are.
fn listed(skills: &[&SkillEstimate], last: &str) -> String {
    let name = |skill: &&SkillEstimate| visible_words(&skill.name, MOST_QUOTED);
    let mut names: Vec<String> = skills.iter().take(MOST_NAMED).map(name).collect();
    if skills.len() > MOST_NAMED {
        names.push(format!("{} more", skills.len() - MOST_NAMED));
    }
    match names.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, before)) => format!("{} {last} {end}", before.join(", ")),
        None => String::new(),
    }
}

/// What stands in where evidence could not be looked up: the credentials as given, five at most, each once. `provider` is the
/// vector space in which they would have been compared.
pub fn popular(credentials: Vec<Credential>, provider: &str) -> Selection {
    let mut seen = BTreeSet::new();
    let distinct = credentials.into_iter().filter(|one| seen.insert(one.id));
    let picks: Vec<Pick> = distinct.take(MOST_PICKS).map(popular_pick).collect();
    let summary = if picks.is_empty() {
        "Evidence could not be looked up, and nothing has been recommended on this track before."
    } else {
        "Evidence could not be looked up; these credentials were recommended on this track before."
    };
    Selection {
        outcome: Outcome::Popular,
        picks,
        summary: summary.to_owned(),
        embedding_provider: provider.to_owned(),
    }
}

fn popular_pick(credential: Credential) -> Pick {
    Pick {
        credential_id: credential.id,
        version: credential.version,
        content: credential.content,
        confidence: POPULAR_CONFIDENCE,
        rationale:
            "It was recommended on this track before; evidence from this attempt could not be looked up."
                .to_owned(),
        worded_by: None,
        traces: Vec::new(),
    }
}

#[cfg(test)]
#[path = "reasons_tests.rs"]
mod tests;
