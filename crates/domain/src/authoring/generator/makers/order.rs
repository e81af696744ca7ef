//! Steps to be put into order.

use super::super::super::item::{Choice, CognitiveLevel, Difficulty, ItemBody};
use super::super::facts::Procedure;
use super::{Candidate, Outline, Workshop};

impl Workshop<'_> {
    pub(super) fn orders(&self, section: usize) -> Vec<Candidate> {
        let inside = self
            .facts
            .procedures
            .iter()
            .filter(|procedure| procedure.section == section);
        inside.filter_map(|procedure| self.order(procedure)).collect()
    }

    fn order(&self, procedure: &Procedure) -> Option<Candidate> {
        let sentences: Vec<usize> = procedure.steps.iter().map(|(sentence, _)| *sentence).collect();
        let mut places: Vec<usize> = (0..sentences.len()).collect();
        self.chance("order", sentences[0]).shuffle(&mut places);
        if places.is_sorted() {
            places.rotate_left(1);
        }
        let title = &self.document.sections[procedure.section].title;
        let stem = match &procedure.lead {
            Some(lead) => format!("{lead}. Put these steps into the right order."),
            None => format!("Put these steps from “{title}” into the right order."),
        };
        let outline = Outline {
            stem,
            marks: i64::try_from(sentences.len()).unwrap_or(4).min(4),
            level: CognitiveLevel::Understand,
            difficulty: Difficulty::Medium,
            quality: 4,
        };
        self.candidate(outline, shown_in(procedure, &places), sentences)
    }
}

/// The steps in the given order of their places, with ids given in the order shown.
fn shown_in(procedure: &Procedure, places: &[usize]) -> ItemBody {
    let ids: Vec<String> = ('a'..='z').take(places.len()).map(String::from).collect();
    let choice = |(id, place): (&String, &usize)| Choice {
        id: id.clone(),
        text: procedure.steps[*place].1.clone(),
    };
    let options = ids.iter().zip(places).map(choice).collect();
    let id_of = |step: usize| {
        places
            .iter()
            .position(|place| *place == step)
            .map(|at| ids[at].clone())
    };
    let key = (0..places.len()).filter_map(id_of).collect();
    ItemBody::Ordering {
        options,
        key,
        partial_credit: true,
    }
}
