//! The first line of a table: what separates its cells, and where the wanted columns are.

use std::io::{BufRead, Read};

use csv::{ByteRecord, ReaderBuilder};

use super::error::TableError;

/// What spreadsheets put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
/// No header is longer; a file without line ends is no table.
const MOST_HEADER_BYTES: u64 = 1 << 20;

/// A column to be found, under one of its names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// In lower case, the usual one first.
    pub(crate) names: &'static [&'static str],
    /// Whether the table is refused without it.
    pub(crate) required: bool,
}

/// Everything up to the first line end.
pub(super) struct Beginning {
    /// Without a byte order mark.
    pub(super) bytes: Vec<u8>,
}

/// What the header says.
pub(super) struct Header {
    pub(super) names: Vec<String>,
    /// Of each wanted column.
    pub(super) places: Vec<Option<usize>>,
    pub(super) separator: u8,
    pub(super) ends_in_crlf: bool,
}

impl Wanted {
    /// A column the table must have.
    pub(crate) const fn required(names: &'static [&'static str]) -> Self {
        Self {
            names,
            required: true,
        }
    }

    /// A column the table may have.
    pub(crate) const fn optional(names: &'static [&'static str]) -> Self {
        Self {
            names,
            required: false,
        }
    }

    fn is(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted))
    }
}

impl Beginning {
    pub(super) fn of(file: &str, input: &mut dyn BufRead) -> Result<Self, TableError> {
        let mut bytes = Vec::new();
        input
            .take(MOST_HEADER_BYTES)
            .read_until(b'\n', &mut bytes)
            .map_err(|error| TableError::unreadable(file, error))?;
        let refusal = match bytes.as_slice() {
            [] => "is empty; a header and at least one row are needed",
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "is UTF-16; save it as CSV in UTF-8",
            [b'P', b'K', 3, 4, ..] => "is a workbook or another zip archive; save it as CSV",
            bytes if bytes.contains(&0) => "is not a text file; save it as CSV",
            _ => {
                let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
                return Ok(Self { bytes: text.to_vec() });
            }
        };
        Err(TableError::whole(file, refusal))
    }

    /// The separator by which most wanted columns are found; the comma when none helps.
    pub(super) fn separator(&self, wanted: &[Wanted]) -> u8 {
        let found = |separator: u8| {
            let mut reader = ReaderBuilder::new()
                .delimiter(separator)
                .has_headers(false)
                .from_reader(self.bytes.as_slice());
            let mut record = ByteRecord::new();
            let _ = reader.read_byte_record(&mut record);
            let named = |wanted: &&Wanted| record.iter().any(|cell| wanted.is(&lossy(cell)));
            wanted.iter().filter(named).count()
        };
        // Of equals the last is taken, so the comma is asked last.
        SEPARATORS
            .into_iter()
            .rev()
            .max_by_key(|separator| found(*separator))
            .unwrap_or(b',')
    }

    pub(super) fn ends_in_crlf(&self) -> bool {
        self.bytes.ends_with(b"\r\n")
    }
}

impl Header {
    pub(super) fn of(
        file: &str,
        record: &ByteRecord,
        (separator, ends_in_crlf): (u8, bool),
        wanted: &[Wanted],
    ) -> Result<Self, TableError> {
        if record.iter().any(|cell| str::from_utf8(cell).is_err()) {
            let what = "has a header that is not UTF-8; save it as CSV in UTF-8";
            return Err(TableError::whole(file, what));
        }
        let names: Vec<String> = record.iter().map(lossy).collect();
        for (index, name) in names.iter().enumerate() {
            let twice = names[..index]
                .iter()
                .any(|before| before.eq_ignore_ascii_case(name));
            if twice && !name.is_empty() {
                let what = format!("has the column `{name}` twice");
                return Err(TableError::whole(file, &what));
            }
        }
        let places = wanted
            .iter()
            .map(|wanted| place(file, &names, wanted))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            names,
            places,
            separator,
            ends_in_crlf,
        })
    }
}

fn place(file: &str, names: &[String], wanted: &Wanted) -> Result<Option<usize>, TableError> {
    let mut places = (0..names.len()).filter(|place| wanted.is(&names[*place]));
    let found = places.next();
    if let (Some(one), Some(other)) = (found, places.next()) {
        let what = format!(
            "has both `{}` and `{}`; keep one of them",
            names[one], names[other]
        );
        return Err(TableError::whole(file, &what));
    }
    if wanted.required && found.is_none() {
        let what = format!(
            "has no column {}; its header reads: {}",
            wanted
                .names
                .iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(" or "),
            beginning(&names.join(", "))
        );
        return Err(TableError::whole(file, &what));
    }
    Ok(found)
}

fn lossy(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).trim().to_owned()
}

/// Enough to recognise a header by.
fn beginning(text: &str) -> String {
    const SHOWN: usize = 200;
    let shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown + "…"
    } else {
        shown
    }
}
