//! Tables that people bring to the command line: CSV as spreadsheets write it, read row by row.
//!
//! A table may be separated by commas, semicolons or tabs, begin with a byte order mark and end its lines in either way.
//! Whatever is wrong with it is said in one line that names file, data row (from 1, below the header), line and column.

mod error;
mod header;
mod watch;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use self::header::{Beginning, Header};
use self::watch::{Seen, Watch};

pub(crate) use error::TableError;
pub(crate) use header::Wanted;

/// Characters of one cell; longer ones are a slip (a quote that is never closed), not an answer.
const MOST_CELL_CHARACTERS: usize = 100_000;
const STRAY: &str =
    "has text after its closing quotation mark; a quotation mark inside a cell is written twice";

/// A table being read.
pub(crate) struct Table {
    file: String,
    header: Header,
    reader: csv::Reader<Watch<Box<dyn Read + Send>>>,
    seen: Seen,
    record: ByteRecord,
    rows: u64,
    bytes: Option<u64>,
}

/// One data row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// From 1; the header and empty lines do not count.
    pub(crate) number: u64,
    /// On which line of the file it begins.
    pub(crate) line: u64,
    /// As many as the header has.
    pub(crate) cells: Vec<String>,
}

impl Table {
    /// Reads the header of a file, or of standard input for `-`, and finds the wanted columns in it.
    pub(crate) fn open(path: &Path, wanted: &[Wanted]) -> Result<Self, TableError> {
        if path == Path::new("-") {
            let input = BufReader::new(io::stdin());
            return Self::read("standard input", Box::new(input), None, wanted);
        }
        let name = path.display().to_string();
        let unreadable = |source| TableError::unreadable(&name, source);
        let file = File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        if about.is_dir() {
            return Err(TableError::whole(&name, "is a directory; name a CSV file"));
        }
        let bytes = about.is_file().then_some(about.len());
        Self::read(&name, Box::new(BufReader::new(file)), bytes, wanted)
    }

    fn read(
        file: &str,
        mut input: Box<dyn BufRead + Send>,
        bytes: Option<u64>,
        wanted: &[Wanted],
    ) -> Result<Self, TableError> {
        let beginning = Beginning::of(file, &mut input)?;
        let separator = beginning.separator(wanted);
        let ends_in_crlf = beginning.ends_in_crlf();
        let whole: Box<dyn Read + Send> = Box::new(io::Cursor::new(beginning.bytes).chain(input));
        let seen = Seen::default();
        let mut reader = ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(Watch::new(whole, separator, seen.clone()));
        let mut record = ByteRecord::new();
        reader
            .read_byte_record(&mut record)
            .map_err(|error| TableError::unreadable(file, error.into()))?;
        seen.next_beginning();
        if seen.stray().is_some() {
            return Err(TableError::whole(
                file,
                &format!("has a header in which a cell {STRAY}"),
            ));
        }
        let header = Header::of(file, &record, (separator, ends_in_crlf), wanted)?;
        Ok(Self {
            file: file.to_owned(),
            header,
            reader,
            seen,
            record,
            rows: 0,
            bytes,
        })
    }

    /// How errors name it.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// Names of the columns, trimmed.
    pub(crate) fn columns(&self) -> &[String] {
        &self.header.names
    }

    /// Where the column stands that was found for the `index`-th wanted one; none for an optional one that is not there.
    pub(crate) fn place(&self, index: usize) -> Option<usize> {
        self.header.places[index]
    }

    /// What stands between cells.
    pub(crate) const fn separator(&self) -> u8 {
        self.header.separator
    }

    /// Whether lines end as on Windows.
    pub(crate) const fn ends_in_crlf(&self) -> bool {
        self.header.ends_in_crlf
    }

    /// Size of the file; not known of a pipe.
    pub(crate) const fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Bytes read so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The next data row; a table without any is an error.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, TableError> {
        let read = self.reader.read_byte_record(&mut self.record);
        if !read.map_err(|error| TableError::unreadable(&self.file, error.into()))? {
            return match self.rows {
                0 => Err(TableError::whole(&self.file, "has no row below its header")),
                _ => Ok(None),
            };
        }
        self.rows += 1;
        let mut row = Row {
            number: self.rows,
            line: self.seen.next_beginning(),
            cells: Vec::with_capacity(self.record.len()),
        };
        if self.seen.unclosed() {
            let last = self.record.len().min(self.header.names.len()) - 1;
            let what = "a quotation mark is opened here and never closed";
            return Err(self.cell_error(&row, last, what));
        }
        if let Some(column) = self.seen.stray() {
            let column = column.min(self.header.names.len() - 1);
            return Err(self.cell_error(&row, column, STRAY));
        }
        let (cells, columns) = (self.record.len(), self.header.names.len());
        if cells != columns {
            let what = format!("has {cells} cells, and the header has {columns}");
            return Err(TableError::row(&self.file, &row, &what));
        }
        for (column, cell) in self.record.iter().enumerate() {
            let cell = str::from_utf8(cell)
                .map_err(|_| self.cell_error(&row, column, "is not UTF-8; save the file as UTF-8"))?;
            if cell.chars().count() > MOST_CELL_CHARACTERS {
                let what = format!("has more than {MOST_CELL_CHARACTERS} characters");
                return Err(self.cell_error(&row, column, &what));
            }
            row.cells.push(cell.to_owned());
        }
        Ok(Some(row))
    }

    /// What is wrong in a cell; reads on after the column's name.
    pub(crate) fn cell_error(&self, row: &Row, column: usize, what: &str) -> TableError {
        TableError::cell(&self.file, row, &self.header.names[column], what)
    }
}

#[cfg(test)]
mod tests;
