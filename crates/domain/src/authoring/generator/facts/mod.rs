//! What a text says in forms an item can be made from: definitions, lists, procedures, numbers, reasons.
//!
//! Only wordings that are almost always what they look like are taken; a sentence that fits no form is left alone.

mod definitions;
mod enumerations;
mod lexicon;
mod nouns;
mod parser;
mod procedures;
mod quantities;
mod reasons;
mod tables;

pub(super) use definitions::{Article, Definition, Shape};
pub(super) use enumerations::Enumeration;
pub(super) use lexicon::{Class, Entry, Lexicon, Mention};
pub(super) use procedures::Procedure;
pub(super) use quantities::{Quantity, quantities_in};
pub(super) use reasons::{Form as Asked, Question, copula};
pub(super) use tables::{Row, Table};

use std::collections::BTreeSet;

use super::document::{Document, Form};
use super::quality::stands_alone;

/// All facts of a text, each with the section it is in.
pub(super) struct Facts {
    pub(super) definitions: Vec<Definition>,
    pub(super) enumerations: Vec<Enumeration>,
    pub(super) procedures: Vec<Procedure>,
    /// In the order of their sentences.
    pub(super) questions: Vec<Question>,
    pub(super) tables: Vec<Table>,
    /// Sentences of prose that can stand on their own.
    pub(super) plain: Vec<usize>,
    pub(super) lexicon: Lexicon,
}

impl Facts {
    pub(super) fn find(document: &Document<'_>) -> Self {
        let usable = |index: &usize| {
            let sentence = &document.sentences[*index];
            sentence.form == Form::Prose && sentence.whole && stands_alone(&sentence.text)
        };
        let procedures = procedures::procedures_in(document);
        // A sentence that only announces a list or steps says nothing worth asking by itself.
        let mut leads: BTreeSet<usize> = document.lists.iter().filter_map(|list| list.lead).collect();
        leads.extend(procedures.iter().filter_map(Procedure::lead_sentence));
        let plain: Vec<usize> = (0..document.sentences.len())
            .filter(usable)
            .filter(|index| !leads.contains(index))
            .collect();
        let mut definitions: Vec<Definition> = plain
            .iter()
            .flat_map(|index| definitions::defined_in(document, *index))
            .collect();
        definitions.extend(definitions::labelled_in(document));
        definitions::drop_contradictions(&mut definitions);
        let lexicon = Lexicon::of(document, &definitions, &plain);
        Self {
            enumerations: enumerations::enumerated_in(document, &plain, &definitions),
            questions: plain
                .iter()
                .filter_map(|sentence| reasons::questions_in(document, *sentence))
                .collect(),
            tables: tables::tables_in(document),
            procedures,
            definitions,
            plain,
            lexicon,
        }
    }
}
