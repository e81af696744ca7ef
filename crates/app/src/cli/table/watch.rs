//! Follows the bytes on their way to the CSV reader, for what it does not tell: on which line a row begins, whether a
//! quotation mark was never closed (it takes that for the longest cell ever, and all rows in it are lost), and whether text
//! follows a closing one (which is how a forgotten mark looks that the next row's closes).

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was seen so far; shared with the watch.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(Arc<Mutex<Findings>>);

#[derive(Debug, Default)]
struct Findings {
    /// Lines on which rows begin that were read but not yet asked for; the header is one.
    beginnings: VecDeque<u64>,
    unclosed: bool,
    /// Rows begun and rows asked for; the header is one.
    begun: u64,
    asked: u64,
    /// The first row and cell, from 0, with text after a closing quotation mark; rows count from 1.
    stray: Option<(u64, usize)>,
}

/// Hands bytes on.
pub(super) struct Watch<R> {
    input: R,
    separator: u8,
    at: At,
    line: u64,
    column: usize,
    seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Between rows: line ends here are empty lines.
    RowStart,
    /// Where a quotation mark would open a quoted cell.
    CellStart,
    /// In a cell without quotation marks, or past its closing one.
    Plain,
    Quoted,
    /// Past a quotation mark in a quoted cell: its end, or the first of two that stand for one.
    QuoteInQuoted,
}

impl Seen {
    /// Whether the input ended inside quotation marks.
    pub(super) fn unclosed(&self) -> bool {
        self.findings().unclosed
    }

    /// The line on which the next row begins; to be asked once for every row that was read.
    pub(super) fn next_beginning(&self) -> u64 {
        let mut findings = self.findings();
        findings.asked += 1;
        findings.beginnings.pop_front().unwrap_or_default()
    }

    /// The cell of the row asked for last that has text after its closing quotation mark.
    pub(super) fn stray(&self) -> Option<usize> {
        let findings = self.findings();
        let (row, column) = findings.stray?;
        (row == findings.asked).then_some(column)
    }

    fn findings(&self) -> MutexGuard<'_, Findings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R> Watch<R> {
    pub(super) const fn new(input: R, separator: u8, seen: Seen) -> Self {
        Self {
            input,
            separator,
            at: At::RowStart,
            line: 1,
            column: 0,
            seen,
        }
    }

    fn after(&self, byte: u8) -> At {
        let ends_row = byte == b'\n' || byte == b'\r';
        match (self.at, byte) {
            (At::Quoted, b'"') => At::QuoteInQuoted,
            (At::RowStart | At::CellStart | At::QuoteInQuoted, b'"') | (At::Quoted, _) => At::Quoted,
            _ if ends_row => At::RowStart,
            _ if byte == self.separator => At::CellStart,
            _ => At::Plain,
        }
    }
}

impl<R: Read> Read for Watch<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let seen = self.seen.clone();
        let mut findings = seen.findings();
        for byte in &buffer[..count] {
            let after = self.after(*byte);
            if self.at == At::RowStart && after != At::RowStart {
                findings.beginnings.push_back(self.line);
                findings.begun += 1;
                self.column = 0;
            }
            if self.at == At::QuoteInQuoted && after == At::Plain && findings.stray.is_none() {
                findings.stray = Some((findings.begun, self.column));
            }
            self.column += usize::from(after == At::CellStart);
            self.at = after;
            self.line += u64::from(*byte == b'\n');
        }
        findings.unclosed |= count == 0 && !buffer.is_empty() && self.at == At::Quoted;
        Ok(count)
    }
}
