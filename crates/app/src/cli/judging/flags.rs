//! What the command line says about who judges, and what that may cost.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::llm::MicroDollars;

use crate::config::LlmConfig;
use crate::wiring::JournalError;

/// Scorers that judge without a running service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScorerArg {
    /// The offline scorer of this program.
    #[default]
    Local,
    /// The language models of the settings, alone.
    Llm,
    /// The language models, with the local scorer as second opinion, as the service judges.
    Both,
}

/// See the module.
#[derive(Clone, Debug, Args)]
pub(crate) struct JudgeFlags {
    /// Who judges.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) scorer: ScorerArg,
    /// Dollars that language models may cost in this run; otherwise llm.day_cap_dollars of the settings.
    #[arg(long, value_name = "DOLLARS", value_parser = amount)]
    budget_dollars: Option<MicroDollars>,
    /// Keeps what language models answer, so that a later run with the same file pays for nothing twice.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
}

/// Why models cannot be asked, or have not judged everything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JudgeError {
    #[error(
        "no language model is configured; name one in llm.order (TOUCHSTONE__LLM__ORDER=openai) with its key"
    )]
    NoModel,
    #[error("{0} is about language models; add --scorer llm or --scorer both")]
    NotAsked(&'static str),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{0}")]
    Incomplete(String),
}

/// Answers that no model judged, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unjudged {
    /// The budget was reached.
    pub(crate) beyond_budget: u64,
    /// No model answered.
    pub(crate) unanswered: u64,
    /// What was answered cannot be used.
    pub(crate) unusable: u64,
}

impl ScorerArg {
    /// As it is written.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Llm => "llm",
            Self::Both => "both",
        }
    }
}

impl JudgeFlags {
    /// What models may cost; none where they are not asked.
    pub(super) fn check(&self, llm: &LlmConfig) -> Result<Option<MicroDollars>, JudgeError> {
        if self.scorer == ScorerArg::Local {
            let named = [
                self.budget_dollars.map(|_| "--budget-dollars"),
                self.journal.as_ref().map(|_| "--journal"),
            ];
            return match named.into_iter().flatten().next() {
                Some(flag) => Err(JudgeError::NotAsked(flag)),
                None => Ok(None),
            };
        }
        if llm.order.is_empty() {
            return Err(JudgeError::NoModel);
        }
        Ok(self.budget_dollars.or(llm.caps().day))
    }

    /// The last word on a run in which models did not judge everything; `budget` in dollars.
    pub(crate) fn completeness(&self, unjudged: Unjudged, budget: &str) -> Result<(), JudgeError> {
        if unjudged == Unjudged::default() {
            return Ok(());
        }
        let whys = [
            (unjudged.beyond_budget, format!("beyond the budget of {budget}")),
            (unjudged.unanswered, "because no model answered".to_owned()),
            (
                unjudged.unusable,
                "because what was answered cannot be used".to_owned(),
            ),
        ];
        let whys = whys.iter().filter(|(count, _)| *count > 0);
        let whys: Vec<String> = whys.map(|(count, why)| format!("{count} {why}")).collect();
        let on = match &self.journal {
            Some(journal) => format!(
                "run the same again to go on: {} keeps what is paid for",
                journal.display()
            ),
            None => {
                "run it again with more --budget-dollars, and with --journal FILE to pay for nothing twice"
                    .to_owned()
            }
        };
        let text = format!("answers that no model has judged: {}; {on}", whys.join(", "));
        Err(JudgeError::Incomplete(text))
    }
}

fn amount(text: &str) -> Result<MicroDollars, String> {
    let dollars = text.trim().parse().ok();
    dollars
        .and_then(LlmConfig::micro_dollars)
        .ok_or_else(|| "must be a number from 0 to 1000000, such as 2.50".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_dollars() {
        assert_eq!(amount("2.50"), Ok(MicroDollars(2_500_000)));
        assert_eq!(amount("0"), Ok(MicroDollars(0)));
        for wrong in ["-1", "two", "NaN", "inf", "1e9"] {
            assert!(amount(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_budget_is_that_of_the_flag_or_of_the_day() {
        let config = |order: &[&str]| LlmConfig {
            order: order.iter().map(|name| (*name).to_owned()).collect(),
            ..LlmConfig::default()
        };
        let flags = |scorer, budget_dollars| JudgeFlags {
            scorer,
            budget_dollars,
            journal: None,
        };
        let some = Some(MicroDollars(5));
        let check = |flags: JudgeFlags, order: &[&str]| {
            flags.check(&config(order)).map_err(|error| error.to_string())
        };
        assert_eq!(check(flags(ScorerArg::Both, some), &["openai"]), Ok(some));
        let day = Some(MicroDollars(20_000_000));
        assert_eq!(check(flags(ScorerArg::Llm, None), &["openai"]), Ok(day));
        assert_eq!(check(flags(ScorerArg::Local, None), &["openai"]), Ok(None));
        let refused = check(flags(ScorerArg::Local, some), &["openai"]).unwrap_err();
        assert!(refused.starts_with("--budget-dollars "), "{refused}");
        assert!(
            check(flags(ScorerArg::Llm, None), &[])
                .unwrap_err()
                .contains("llm.order")
        );
    }

    #[test]
    fn what_is_missing_is_said_with_how_to_go_on() {
        let flags = |journal: Option<&str>| JudgeFlags {
            scorer: ScorerArg::Llm,
            budget_dollars: None,
            journal: journal.map(PathBuf::from),
        };
        assert!(flags(None).completeness(Unjudged::default(), "$1").is_ok());
        let some = Unjudged {
            beyond_budget: 3,
            unanswered: 0,
            unusable: 1,
        };
        let said = flags(Some("j.db"))
            .completeness(some, "$1")
            .unwrap_err()
            .to_string();
        assert_eq!(
            said,
            "answers that no model has judged: 3 beyond the budget of $1, 1 because what was answered cannot be used; run the same \
             again to go on: j.db keeps what is paid for"
        );
        let said = flags(None).completeness(some, "$1").unwrap_err().to_string();
        assert!(
            said.ends_with("with --journal FILE to pay for nothing twice"),
            "{said}"
        );
    }
}
