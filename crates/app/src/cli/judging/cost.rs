//! What models cost, for people and for programs.

use std::fmt;

use domain::llm::MicroDollars;
use serde::Serialize;

use crate::llm::Spent;

/// What one run has spent.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cost {
    /// `provider/model`, in the order in which they are asked.
    pub(super) models: Vec<String>,
    #[serde(flatten)]
    pub(super) spent: Spent,
    #[serde(rename = "budget_micro_dollars")]
    pub(super) budget: MicroDollars,
}

impl fmt::Display for Cost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (spent, models) = (&self.spent, self.models.join(", "));
        let (billed, budget) = (dollars(spent.billed), dollars(self.budget));
        write!(
            formatter,
            "{models}: {} calls for {billed} of {budget}",
            spent.calls
        )?;
        if spent.unknown_calls > 0 {
            let (calls, at_most) = (spent.unknown_calls, dollars(spent.unknown));
            write!(formatter, "; the bill of {calls} is not known, {at_most} at most")?;
        }
        if spent.reused > 0 {
            write!(formatter, "; {} answers from the journal", spent.reused)?;
        }
        Ok(())
    }
}

/// With all its decimals.
pub(super) fn dollars(MicroDollars(micro): MicroDollars) -> String {
    format!("${}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_has_all_its_decimals() {
        assert_eq!(dollars(MicroDollars(12_000_345)), "$12.000345");
        let cost = Cost {
            models: vec!["openai/test".to_owned()],
            spent: Spent {
                calls: 3,
                billed: MicroDollars(1_234),
                unknown_calls: 1,
                unknown: MicroDollars(20),
                reused: 2,
            },
            budget: MicroDollars(1_000_000),
        };
        assert_eq!(
            cost.to_string(),
            "openai/test: 3 calls for $0.001234 of $1.000000; the bill of 1 is not known, $0.000020 at most; 2 answers from the \
             journal"
        );
        let json = serde_json::to_value(&cost).unwrap();
        assert_eq!(json["billed_micro_dollars"], 1_234);
    }
}
