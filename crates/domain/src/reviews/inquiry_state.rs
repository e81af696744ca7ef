//! The state machine of an inquiry: one table, from which the code decides and the picture in the docs is drawn.

use std::fmt::Write as _;

/// How an inquiry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InquiryState {
    /// Staff are asked.
    Open,
    /// Staff have said something; the candidate may ask on.
    Answered,
    /// The score stands.
    ResolvedUpheld,
    /// A person has judged anew.
    ResolvedRevised,
    /// The candidate has taken it back.
    Withdrawn,
}

/// What can happen to an inquiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InquiryEvent {
    /// The candidate says something.
    Write,
    /// Staff say something.
    Answer,
    /// Staff leave the score as it is, and say why.
    Uphold,
    /// Staff have judged anew.
    Revise,
    /// Staff end what they have answered and nobody asked on about.
    Close,
    /// The candidate takes it back.
    Withdraw,
}

/// A step the table does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an inquiry that is {from} does not take {event}", from = from.as_str(), event = event.as_str())]
pub struct UnlawfulStep {
    /// Where the inquiry stands.
    pub from: InquiryState,
    /// What was tried.
    pub event: InquiryEvent,
}

impl InquiryState {
    /// All states.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Answered,
        Self::ResolvedUpheld,
        Self::ResolvedRevised,
        Self::Withdrawn,
    ];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::ResolvedUpheld => "resolved_upheld",
            Self::ResolvedRevised => "resolved_revised",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The state after `event`, or a refusal that names both.
    pub const fn after(self, event: InquiryEvent) -> Result<Self, UnlawfulStep> {
        use InquiryEvent as E;
        use InquiryState as S;
        match (self, event) {
            (S::Open | S::Answered, E::Write) => Ok(S::Open),
            (S::Open | S::Answered, E::Answer) => Ok(S::Answered),
            (S::Open | S::Answered, E::Uphold) | (S::Answered, E::Close) => Ok(S::ResolvedUpheld),
            (S::Open | S::Answered, E::Revise) => Ok(S::ResolvedRevised),
            (S::Open | S::Answered, E::Withdraw) => Ok(S::Withdrawn),
            (from, event) => Err(UnlawfulStep { from, event }),
        }
    }
}

impl InquiryEvent {
    /// All events.
    pub const ALL: [Self; 6] = [
        Self::Write,
        Self::Answer,
        Self::Uphold,
        Self::Revise,
        Self::Close,
        Self::Withdraw,
    ];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Answer => "answer",
            Self::Uphold => "uphold",
            Self::Revise => "revise",
            Self::Close => "close",
            Self::Withdraw => "withdraw",
        }
    }

    /// The event of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == name)
    }

    /// Whether it is the candidate's to do; the others are for staff.
    pub const fn is_for_owner(self) -> bool {
        matches!(self, Self::Write | Self::Withdraw)
    }

    /// Whether something has to be said with it.
    pub const fn needs_message(self) -> bool {
        !matches!(self, Self::Close | Self::Withdraw)
    }
}

/// The table as a Markdown page with a Mermaid diagram; docs/inquiry-states.md is this text.
pub fn document() -> String {
    let mut page = String::from(
        "# States of an inquiry\n\nMade from `domain::reviews::inquiry_state`; a test keeps it equal.\n\n",
    );
    page.push_str("```mermaid\nstateDiagram-v2\n    [*] --> open: opened\n");
    let moves = InquiryState::ALL
        .iter()
        .flat_map(|from| InquiryEvent::ALL.map(|event| (*from, event)));
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
    page.push_str("```\n\n| from | event | by | to |\n|---|---|---|---|\n");
    for (from, event) in moves {
        let to = from.after(event).map_or("refused", InquiryState::as_str);
        let by = if event.is_for_owner() {
            "candidate"
        } else {
            "staff"
        };
        let _ = writeln!(page, "| {} | {} | {by} | {to} |", from.as_str(), event.as_str());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_table_is_the_table() {
        insta::assert_snapshot!("inquiry_states", document());
        let committed = include_str!("../../../../docs/inquiry-states.md");
        assert_eq!(
            committed,
            document(),
            "write domain::reviews::inquiry_state::document() to docs/inquiry-states.md"
        );
    }

    #[test]
    fn every_step_from_every_state_is_lawful_or_names_both() {
        for from in InquiryState::ALL {
            let ended = !matches!(from, InquiryState::Open | InquiryState::Answered);
            for event in InquiryEvent::ALL {
                match from.after(event) {
                    Ok(_) => assert!(!ended, "{from:?} takes {event:?}"),
                    Err(refusal) => assert_eq!(refusal, UnlawfulStep { from, event }),
                }
            }
        }
    }

    #[test]
    fn states_and_events_are_found_by_their_names() {
        for state in InquiryState::ALL {
            assert_eq!(InquiryState::parse(state.as_str()), Some(state));
        }
        for event in InquiryEvent::ALL {
            assert_eq!(InquiryEvent::parse(event.as_str()), Some(event));
        }
        assert_eq!(InquiryState::parse("closed"), None);
        assert_eq!(InquiryEvent::parse("open"), None);
    }
}
