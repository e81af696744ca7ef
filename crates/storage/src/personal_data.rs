//! Every column that can hold something about a person: whose it is, how long it is kept, what an export shows of it and
//! what erasure leaves of it.
//!
//! Export and erasure walk [`PERSONAL_TABLES`] and know no table by name. A test reads the schema and fails on a text column
//! that is neither there nor in [`IMPERSONAL_TEXT_COLUMNS`], and another one plants a mark in every column that is there: a
//! new column cannot be forgotten. A table whose rows go with their subject is listed even if it has no text (who is in which
//! cohort).

mod impersonal;
mod tables;

pub use impersonal::IMPERSONAL_TEXT_COLUMNS;
pub use tables::PERSONAL_TABLES;

/// How long the content of a column is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// As long as the account; erased with the subject.
    WithSubject,
    /// 72 hours, and no longer than the account.
    Hours72,
    /// 24 hours, and no longer than the account.
    Hours24,
    /// As long as the law wants a log; holds ids only, which erasure makes anonymous.
    Log,
}

/// The condition that finds a subject's rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// SQL in which `$1` is the id of the account.
    Id(&'static str),
    /// SQL in which `$1` is the same id as text.
    IdText(&'static str),
    /// SQL in which `$1` stands for the account's address among failed sign-ins.
    AddressHash(&'static str),
    /// No row can be told to be somebody's, because of this.
    Nobody(&'static str),
}

/// How a value stands in an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// As text.
    Text,
    /// As the JSON document it is, without members of these names, wherever they stand.
    Json(&'static [&'static str]),
    /// As an id.
    Id,
    /// As an instant in UTC: a BIGINT of microseconds.
    Instant,
    /// As points: a BIGINT of hundredths.
    Points,
    /// As a whole number: an INTEGER.
    Integer,
    /// As a number: a DOUBLE PRECISION.
    Number,
    /// Not at all, because of this.
    Never(&'static str),
}

/// What erasure makes of a column in rows that stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// NULL.
    Null,
    /// This text, the same for everybody.
    Text(&'static str),
    /// Where a text has to be unique: this one, with the id of the account for `{id}`.
    Unique(&'static str),
    /// It goes with its row.
    WithRow,
    /// It stays, because of this.
    Kept(&'static str),
}

/// One column about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonalColumn {
    /// Column.
    pub column: &'static str,
    /// How long.
    pub retention: Retention,
    /// In an export.
    pub shown: Shown,
    /// After erasure.
    pub erased: Erased,
}

/// What an export shows beside the personal columns, so that a person can tell what they are reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// In the export.
    pub name: &'static str,
    /// A column, or SQL over the row.
    pub sql: &'static str,
    /// Of what type it is.
    pub shown: Shown,
}

/// One table with rows about persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonalTable {
    /// Table.
    pub table: &'static str,
    /// Its rows of one person.
    pub whose: Whose,
    /// What else must hold for a row to be exported, over the same `$1`: an export tells a candidate nothing that the service
    /// keeps back.
    pub exported_if: Option<&'static str>,
    /// What an export shows beside the personal columns. A table that shows nothing at all is not in an export.
    pub context: &'static [Context],
    /// Its personal columns.
    pub columns: &'static [PersonalColumn],
}

impl PersonalTable {
    /// Whether erasure deletes a person's rows.
    pub fn goes_with_subject(&self) -> bool {
        self.columns.iter().all(|column| column.erased == Erased::WithRow)
    }
}
