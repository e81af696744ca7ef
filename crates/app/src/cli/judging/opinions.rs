//! What machines say about one text, and which of it counts.

use domain::points::Points;
use domain::scoring::llm::{PROMPT_VERSION, Thresholds, resolve_verdicts};
use domain::scoring::{Reason, ResolutionReason, Scorer, Verdict};

use super::flags::{ScorerArg, Unjudged};
use crate::llm::NoVerdict;

/// See the module.
pub(crate) struct Opinions {
    /// The local scorer's verdict, or that of rules.
    pub(crate) local: Verdict,
    /// A model's; none where rules judge.
    model: Option<Result<Verdict, NoVerdict>>,
    /// The model's without a second opinion, where both were asked.
    by_itself: Option<Verdict>,
}

/// What counts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ruling {
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// Why it counts in the way it does.
    pub(crate) because: ResolutionReason,
    /// Why no model has judged, in one word, where one should have.
    pub(crate) degraded: Option<&'static str>,
}

impl Opinions {
    /// Models were not asked.
    pub(crate) const fn of_rules(verdict: Verdict) -> Self {
        Self {
            local: verdict,
            model: None,
            by_itself: None,
        }
    }

    pub(super) const fn new(
        local: Verdict,
        model: Result<Verdict, NoVerdict>,
        by_itself: Option<Verdict>,
    ) -> Self {
        Self {
            local,
            model: Some(model),
            by_itself,
        }
    }

    /// The model's verdict; none where rules judge, or no model did.
    pub(crate) fn by_model(&self) -> Option<&Verdict> {
        self.model.as_ref()?.as_ref().ok()
    }

    /// Whether a model should have judged and has not.
    pub(crate) const fn is_unjudged(&self) -> bool {
        matches!(self.model, Some(Err(_)))
    }

    /// How far the two verdicts are apart, in percent of the marks.
    pub(crate) fn gap(&self) -> Option<f64> {
        Some((self.by_model()?.share()? - self.local.share()?).abs() * 100.0)
    }

    /// The verdict that counts.
    pub(crate) fn ruling(&self, who: ScorerArg, thresholds: &Thresholds) -> Ruling {
        let review_below = thresholds.review_below_confidence;
        let alone = |verdict: &Verdict, degraded| Ruling {
            because: ResolutionReason::of(verdict, review_below),
            verdict: verdict.clone(),
            degraded,
        };
        match (&self.model, who) {
            (None, _) | (_, ScorerArg::Local) => alone(&self.local, None),
            (Some(Ok(model)), ScorerArg::Llm) => Ruling {
                because: resolve_verdicts(model, &ungraded(model.max_points), thresholds),
                verdict: model.clone(),
                degraded: None,
            },
            (Some(Ok(model)), ScorerArg::Both) => Ruling {
                because: resolve_verdicts(model, &self.local, thresholds),
                verdict: model.clone(),
                degraded: None,
            },
            (Some(Err(why)), ScorerArg::Llm) => alone(&ungraded(self.local.max_points), Some(word(*why))),
            (Some(Err(why)), ScorerArg::Both) => alone(&self.local, Some(word(*why))),
        }
    }

    /// The verdicts to be compared: that of the scorer, or the local one, the model's alone, and the one that counts of both.
    pub(crate) fn compared(&self, who: ScorerArg, thresholds: &Thresholds) -> Vec<Ruling> {
        match who {
            ScorerArg::Local | ScorerArg::Llm => vec![self.ruling(who, thresholds)],
            ScorerArg::Both => {
                let alone = Self {
                    local: self.local.clone(),
                    model: match &self.by_itself {
                        Some(verdict) => Some(Ok(verdict.clone())),
                        None => self.model.clone(),
                    },
                    by_itself: None,
                };
                vec![
                    self.ruling(ScorerArg::Local, thresholds),
                    alone.ruling(ScorerArg::Llm, thresholds),
                    self.ruling(who, thresholds),
                ]
            }
        }
    }

    /// Counts it where no model judged.
    pub(crate) const fn count(&self, unjudged: &mut Unjudged) {
        match self.model {
            None | Some(Ok(_)) => {}
            Some(Err(NoVerdict::BudgetReached | NoVerdict::NoMoney(_))) => unjudged.beyond_budget += 1,
            Some(Err(NoVerdict::Unusable)) => unjudged.unusable += 1,
            Some(Err(NoVerdict::Unavailable | NoVerdict::NotYet(_))) => unjudged.unanswered += 1,
        }
    }
}

/// As attempts and results name it, where they do.
const fn word(why: NoVerdict) -> &'static str {
    match why {
        NoVerdict::Unavailable => "llm_unavailable",
        NoVerdict::Unusable => "llm_unusable",
        NoVerdict::NotYet(_) => "quota",
        NoVerdict::NoMoney(_) | NoVerdict::BudgetReached => "budget",
    }
}

/// A model's verdict that there is not.
fn ungraded(marks: Points) -> Verdict {
    Verdict {
        scorer: Scorer::Llm,
        scorer_version: PROMPT_VERSION.to_owned(),
        points: None,
        max_points: marks,
        reason: Reason::Ungraded,
        criteria: Vec::new(),
        confidence: None,
        flags: Vec::new(),
    }
}
