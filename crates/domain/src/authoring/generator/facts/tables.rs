//! Tables of properties with their values: runs of lines such as `Supply voltage 230 V`.
//!
//! Extracted text has lost the columns; a label in words followed by one number with a unit, several times in a row, is
//! almost always a row of such a table.

use super::super::document::{Document, Form};
use super::super::english::is_among;
use super::super::quality::is_clean;

/// One property.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Row {
    /// As it reads inside a sentence (`supply voltage`).
    pub(in super::super) label: String,
    pub(in super::super) value: f64,
    /// As written (`14,000`).
    pub(in super::super) written: String,
    pub(in super::super) unit: String,
    pub(in super::super) sentence: usize,
}

/// Rows that follow each other on one page.
#[derive(Clone, Debug)]
pub(in super::super) struct Table {
    pub(in super::super) rows: Vec<Row>,
    pub(in super::super) section: usize,
}

const FEWEST_ROWS: usize = 3;
/// Units of data sheets.
const UNITS: &str = "\
    V kV mV A mA W kW Hz kHz MHz GHz g kg mg t m cm mm km s ms min h K C % bar Pa kPa MPa N Nm J kJ l ml dB rpm \
    bit bytes kB MB GB TB seconds minutes hours days weeks months years metres millimetres centimetres \
    kilometres grams kilograms litres millilitres degrees volts amperes watts percent";

pub(super) fn tables_in(document: &Document<'_>) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut open: Option<(usize, Table)> = None;
    for index in 0..document.sentences.len() {
        let Some(row) = row_of(document, index) else {
            continue;
        };
        let place = &document.sentences[index];
        match &mut open {
            Some((last, table)) if *last + 1 == index && document.place_of(&[*last, index]).is_some() => {
                table.rows.push(row);
                *last = index;
            }
            _ => {
                tables.extend(open.take().map(|(_, table)| table));
                open = Some((
                    index,
                    Table {
                        rows: vec![row],
                        section: place.section,
                    },
                ));
            }
        }
    }
    tables.extend(open.map(|(_, table)| table));
    tables.retain(|table| table.rows.len() >= FEWEST_ROWS && unlike(&table.rows));
    tables
}

fn unlike(rows: &[Row]) -> bool {
    let mut labels: Vec<&str> = rows.iter().map(|row| row.label.as_str()).collect();
    labels.sort_unstable();
    labels.windows(2).all(|pair| pair[0] != pair[1])
}

fn row_of(document: &Document<'_>, index: usize) -> Option<Row> {
    let sentence = &document.sentences[index];
    let words: Vec<&str> = sentence.text.split(' ').collect();
    let [label @ .., written, unit] = words.as_slice() else {
        return None;
    };
    let plain = |word: &&str| word.chars().all(|letter| letter.is_alphabetic() || letter == '-');
    let named = (1..=6).contains(&label.len())
        && label.iter().all(plain)
        && label[0].starts_with(char::is_uppercase)
        && is_clean(&label.join(" "));
    let value: f64 = written.replace(',', "").parse().ok()?;
    (sentence.form == Form::Prose && sentence.whole && named && is_among(UNITS, unit)).then(|| Row {
        label: document.casing.inside(&label.join(" ")),
        value,
        written: (*written).to_owned(),
        unit: (*unit).to_owned(),
        sentence: index,
    })
}
