//! Answers that people have graded, brought in for calibration.

use async_trait::async_trait;
use serde_json::json;

use super::answer::parse;
use crate::audit::AuditEntry;
use crate::authoring::item::ItemContent;
use crate::authoring::{BankError, ExemplarFault, NewExemplar};
use crate::identity::Staff;
use crate::ids::{ExemplarId, ItemId};
use crate::points::Points;
use crate::store::{Ctx, Tx, UseCase};

/// Faults named at once; a table in the wrong shape has one in every row.
const MOST_FAULTS: usize = 100;

/// What is wrong with graded answers to this item; nothing means that they can be kept.
pub fn exemplar_faults(item: &ItemContent, exemplars: &[NewExemplar]) -> Vec<ExemplarFault> {
    let mut faults = Vec::new();
    for (index, exemplar) in exemplars.iter().enumerate() {
        let mut fault = |member, pointer, expected| {
            faults.push(ExemplarFault {
                index,
                member,
                pointer,
                expected,
            });
        };
        match parse(&item.body, &exemplar.answer) {
            Ok(Some(_)) => {}
            Ok(None) => fault(
                "answer",
                String::new(),
                "an answer that says something".to_owned(),
            ),
            Err(error) => fault("answer", error.pointer, error.expected.to_owned()),
        }
        if exemplar.points < Points::ZERO || exemplar.points > item.marks {
            fault("points", String::new(), format!("between 0 and {}", item.marks));
        }
    }
    faults.truncate(MOST_FAULTS);
    faults
}

/// Whether grades given to one version of a question tell how answers to the other are graded: the question and its key
/// are the same. Marks may differ, since grades are compared as shares of them.
pub fn asks_the_same(one: &ItemContent, other: &ItemContent) -> bool {
    one.stem == other.stem && one.body == other.body
}

/// Keeps answers that people have graded, all or none.
pub struct AddExemplars {
    /// Who may.
    pub staff: Staff,
    /// To which question.
    pub item_id: ItemId,
    /// The answers.
    pub exemplars: Vec<NewExemplar>,
}

/// What became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExemplarsAdded {
    /// New ones.
    pub added: usize,
    /// Answers that were there already; their grade stays as it was.
    pub known: usize,
}

#[async_trait]
impl UseCase for AddExemplars {
    const NAME: &'static str = "bank.add_exemplars";
    type Out = ExemplarsAdded;
    type Err = BankError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<ExemplarsAdded, BankError> {
        let item = tx
            .bank()
            .find_item_anywhere(self.item_id)
            .await?
            .ok_or(BankError::NotFound)?;
        let faults = exemplar_faults(&item.content, &self.exemplars);
        if !faults.is_empty() {
            return Err(BankError::InvalidExemplars(faults));
        }
        let mut counts = ExemplarsAdded { added: 0, known: 0 };
        for exemplar in &self.exemplars {
            let id = ExemplarId(ctx.new_uuid());
            let exemplar = exemplar.kept(id, &item, self.staff.user_id(), ctx.now());
            if tx.bank().insert_exemplar(&exemplar).await? {
                counts.added += 1;
            } else {
                counts.known += 1;
            }
        }
        let entry = AuditEntry::new(ctx, "bank.exemplars_added", "item", Some(item.item_id.0))
            .with(json!({ "added": counts.added, "known": counts.known }));
        tx.audit().record(entry).await?;
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::authoring::item::{CognitiveLevel, Difficulty, ItemBody, Tolerance};

    fn exemplar(answer: Value, hundredths: i64) -> NewExemplar {
        NewExemplar {
            answer,
            points: Points::from_hundredths(hundredths),
            note: None,
        }
    }

    fn item() -> ItemContent {
        ItemContent {
            stem: "How many?".to_owned(),
            marks: Points::whole(2),
            body: ItemBody::Numeric {
                key: 3.0,
                tolerance: Tolerance::Absolute(0.0),
                unit: Some("ms".to_owned()),
            },
            topic: "Time".to_owned(),
            cognitive_level: CognitiveLevel::Remember,
            difficulty: Difficulty::Easy,
            source: None,
            skills: Vec::new(),
            written_by: None,
        }
    }

    #[test]
    fn a_new_key_or_stem_makes_another_question_and_new_marks_do_not() {
        let mut other = item();
        (other.marks, other.topic) = (Points::whole(9), "Clocks".to_owned());
        assert!(asks_the_same(&item(), &other));
        other.stem.push('!');
        assert!(!asks_the_same(&item(), &other));
        let mut other = item();
        other.body = ItemBody::TrueFalse {
            key: true,
            negative: crate::authoring::item::Negative::default(),
        };
        assert!(!asks_the_same(&item(), &other));
    }

    #[test]
    fn every_fault_is_named_by_its_place() {
        let answers = [
            exemplar(json!(3), 200),
            exemplar(json!({ "value": "many" }), 0),
            exemplar(json!("  "), 201),
            exemplar(json!("4 ms"), -1),
        ];
        let faults = exemplar_faults(&item(), &answers);
        let places = faults
            .iter()
            .map(|fault| (fault.index, fault.member, fault.pointer.as_str()));
        assert_eq!(
            places.collect::<Vec<_>>(),
            [
                (1, "answer", "/value"),
                (2, "answer", ""),
                (2, "points", ""),
                (3, "points", "")
            ]
        );
        assert_eq!(faults[3].expected, "between 0 and 2.00");
        let many = vec![exemplar(json!(3), 300); 200];
        assert_eq!(exemplar_faults(&item(), &many).len(), MOST_FAULTS);
    }
}
