//! The state machine of a regrade: one table, from which the code decides and the picture in the docs is drawn.

use std::fmt::Write as _;

/// How a regrade stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegradeState {
    /// Answers are scored again; nothing of it counts.
    Previewing,
    /// What would change can be read.
    Ready,
    /// Changes are made, a batch at a time.
    Applying,
    /// Every change was made, or something else counted meanwhile.
    Applied,
    /// Nothing more is changed.
    Cancelled,
    /// Not every attempt could be looked at.
    Failed,
}

/// What can happen to a regrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegradeEvent {
    /// Everything is proposed.
    EndPreview,
    /// The preview cannot be ended.
    Fail,
    /// An admin wants the changes.
    Apply,
    /// They are made.
    EndApplying,
    /// They cannot all be made now; the rest can be applied again.
    Stop,
    /// An admin does not want them, or no more of them.
    Cancel,
}

/// A step the table does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a regrade that is {from} does not take {event}", from = from.as_str(), event = event.as_str())]
pub struct UnlawfulRegrade {
    /// Where the regrade stands.
    pub from: RegradeState,
    /// What was tried.
    pub event: RegradeEvent,
}

impl RegradeState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Previewing,
        Self::Ready,
        Self::Applying,
        Self::Applied,
        Self::Cancelled,
        Self::Failed,
    ];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Previewing => "previewing",
            Self::Ready => "ready",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// The state of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether it is in the way of another regrade of the same.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Previewing | Self::Ready | Self::Applying)
    }

    /// The state after `event`, or a refusal that names both.
    pub const fn after(self, event: RegradeEvent) -> Result<Self, UnlawfulRegrade> {
        use RegradeEvent as E;
        use RegradeState as S;
        match (self, event) {
            (S::Previewing, E::EndPreview) | (S::Applying, E::Stop) => Ok(S::Ready),
            (S::Previewing, E::Fail) => Ok(S::Failed),
            (S::Ready, E::Apply) => Ok(S::Applying),
            (S::Applying, E::EndApplying) => Ok(S::Applied),
            (S::Previewing | S::Ready | S::Applying, E::Cancel) => Ok(S::Cancelled),
            (from, event) => Err(UnlawfulRegrade { from, event }),
        }
    }
}

impl RegradeEvent {
    /// All events.
    pub const ALL: [Self; 6] = [
        Self::EndPreview,
        Self::Fail,
        Self::Apply,
        Self::EndApplying,
        Self::Stop,
        Self::Cancel,
    ];

    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EndPreview => "end_preview",
            Self::Fail => "fail",
            Self::Apply => "apply",
            Self::EndApplying => "end_applying",
            Self::Stop => "stop",
            Self::Cancel => "cancel",
        }
    }

    /// Whether an admin does it; the others are the work's own.
    pub const fn is_asked_for(self) -> bool {
        matches!(self, Self::Apply | Self::Cancel)
    }
}

/// The table as a Markdown page with a Mermaid diagram; docs/regrade-states.md is this text.
pub fn document() -> String {
    let mut page = String::from(
        "# States of a regrade\n\nMade from `domain::regrades::state`; a test keeps it equal.\n\n",
    );
    page.push_str("```mermaid\nstateDiagram-v2\n    [*] --> previewing: asked for\n");
    let moves = RegradeState::ALL
        .iter()
        .flat_map(|from| RegradeEvent::ALL.map(|event| (*from, event)));
    for (from, event) in moves.clone() {
        if let Ok(to) = from.after(event) {
            let (from, to, event) = (from.as_str(), to.as_str(), event.as_str());
            let _ = writeln!(page, "    {from} --> {to}: {event}");
        }
    }
    page.push_str("```\n\n| from | event | by | to |\n|---|---|---|---|\n");
    for (from, event) in moves {
        let to = from.after(event).map_or("refused", RegradeState::as_str);
        let by = if event.is_asked_for() { "admin" } else { "job" };
        let _ = writeln!(page, "| {} | {} | {by} | {to} |", from.as_str(), event.as_str());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_table_is_the_table() {
        let committed = include_str!("../../../../docs/regrade-states.md");
        assert_eq!(
            committed,
            document(),
            "write domain::regrades::state::document() to docs/regrade-states.md"
        );
    }

    #[test]
    fn every_step_from_every_state_is_lawful_or_names_both() {
        for from in RegradeState::ALL {
            for event in RegradeEvent::ALL {
                match from.after(event) {
                    Ok(to) => assert!(from.is_live() && to != from, "{from:?} takes {event:?}"),
                    Err(refusal) => assert_eq!(refusal, UnlawfulRegrade { from, event }),
                }
            }
        }
    }

    #[test]
    fn whatever_lives_can_be_cancelled_and_states_are_found_by_their_names() {
        for state in RegradeState::ALL {
            assert_eq!(RegradeState::parse(state.as_str()), Some(state));
            assert_eq!(state.after(RegradeEvent::Cancel).is_ok(), state.is_live());
        }
        assert_eq!(RegradeState::parse("done"), None);
    }
}
