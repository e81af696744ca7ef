//! The state machine of an attempt: one table, from which the code decides and the picture in the docs is drawn.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// How taking stands or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Will take it; no clock runs.
    OptedIn,
    /// Takes it.
    InProgress,
    /// Submitted; scoring goes on.
    AwaitingAsync,
    /// Submitted and scored.
    Completed,
    /// Time ran out; stays so even when scored.
    Expired,
    /// Submitted, but scoring cannot give even a degraded result.
    Failed,
    /// Does not count; kept.
    Voided,
}

/// What can happen to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptEvent {
    /// The candidate begins or comes back.
    Start,
    /// An answer is saved.
    SaveResponses,
    /// The candidate is still there.
    Heartbeat,
    /// The current section is submitted.
    SubmitSection,
    /// The whole attempt is submitted.
    Submit,
    /// Time ran out.
    Expire,
    /// Scoring has ended.
    FinishScoring,
    /// Scoring cannot end.
    FailScoring,
    /// More time is given.
    Extend,
    /// The candidate gives up before submitting.
    Abandon,
    /// The attempt is taken out of the count.
    Void,
}

/// A move the table does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an attempt that is {from} does not take {event}", from = from.as_str(), event = event.as_str())]
pub struct UnlawfulMove {
    /// Where the attempt stands.
    pub from: AttemptState,
    /// What was tried.
    pub event: AttemptEvent,
}

impl AttemptState {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::OptedIn,
        Self::InProgress,
        Self::AwaitingAsync,
        Self::Completed,
        Self::Expired,
        Self::Failed,
        Self::Voided,
    ];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptedIn => "opted_in",
            Self::InProgress => "in_progress",
            Self::AwaitingAsync => "awaiting_async",
            Self::Completed => "completed",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Voided => "voided",
        }
    }

    /// The state of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The state after `event`, or a refusal that names both.
    pub const fn after(self, event: AttemptEvent) -> Result<Self, UnlawfulMove> {
        use AttemptEvent as E;
        use AttemptState as S;
        match (self, event) {
            (S::OptedIn | S::InProgress, E::Start)
            | (S::InProgress, E::SaveResponses | E::Heartbeat | E::SubmitSection | E::Extend) => {
                Ok(S::InProgress)
            }
            (S::OptedIn, E::Extend) => Ok(S::OptedIn),
            (S::InProgress, E::Submit) => Ok(S::AwaitingAsync),
            (S::OptedIn | S::InProgress, E::Expire) | (S::Expired, E::FinishScoring | E::FailScoring) => {
                Ok(S::Expired)
            }
            (S::AwaitingAsync | S::Failed, E::FinishScoring) => Ok(S::Completed),
            (S::AwaitingAsync, E::FailScoring) => Ok(S::Failed),
            (S::OptedIn | S::InProgress, E::Abandon)
            | (
                S::OptedIn | S::InProgress | S::AwaitingAsync | S::Completed | S::Expired | S::Failed,
                E::Void,
            ) => Ok(S::Voided),
            (from, event) => Err(UnlawfulMove { from, event }),
        }
    }
}

impl AttemptEvent {
    /// All events.
    pub const ALL: [Self; 11] = [
        Self::Start,
        Self::SaveResponses,
        Self::Heartbeat,
        Self::SubmitSection,
        Self::Submit,
        Self::Expire,
        Self::FinishScoring,
        Self::FailScoring,
        Self::Extend,
        Self::Abandon,
        Self::Void,
    ];

    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::SaveResponses => "save_responses",
            Self::Heartbeat => "heartbeat",
            Self::SubmitSection => "submit_section",
            Self::Submit => "submit",
            Self::Expire => "expire",
            Self::FinishScoring => "finish_scoring",
            Self::FailScoring => "fail_scoring",
            Self::Extend => "extend",
            Self::Abandon => "abandon",
            Self::Void => "void",
        }
    }
}

/// The table as a Markdown page with a Mermaid diagram; docs/attempt-states.md is this text.
pub fn document() -> String {
    let mut page = String::from(
        "# States of an attempt\n\nMade from `domain::attempts::state`; a test keeps it equal.\n\n",
    );
    page.push_str("```mermaid\nstateDiagram-v2\n    [*] --> opted_in: opt_in\n");
    let moves = AttemptState::ALL
        .iter()
        .flat_map(|from| AttemptEvent::ALL.map(|event| (*from, event)));
    for (from, event) in moves.clone() {
        if let Ok(to) = from.after(event) {
            let _ = writeln!(
                page,
                "    {} --> {}: {}",
                from.as_str(),
                to.as_str(),
                event.as_str()
            );
        }
    }
    page.push_str("```\n\n| from | event | to |\n|---|---|---|\n");
    for (from, event) in moves {
        let to = from.after(event).map_or("refused", AttemptState::as_str);
        let _ = writeln!(page, "| {} | {} | {to} |", from.as_str(), event.as_str());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_table_is_the_table() {
        insta::assert_snapshot!("attempt_states", document());
        let committed = include_str!("../../../../docs/attempt-states.md");
        assert_eq!(
            committed,
            document(),
            "write domain::attempts::state::document() to docs/attempt-states.md"
        );
    }

    #[test]
    fn nothing_leaves_voided_and_expired_stays_expired() {
        for event in AttemptEvent::ALL {
            assert_eq!(
                AttemptState::Voided.after(event),
                Err(UnlawfulMove {
                    from: AttemptState::Voided,
                    event
                })
            );
            if let Ok(to) = AttemptState::Expired.after(event) {
                assert!(
                    matches!(to, AttemptState::Expired | AttemptState::Voided),
                    "{event:?} leads to {to:?}"
                );
            }
        }
    }
}
