//! Puts PDFs together, soundly unless told otherwise.

use std::collections::BTreeMap;

use super::SENTENCE;

/// Objects of [`Pdf::one_page`].
pub(super) const CATALOG: u32 = 1;
pub(super) const PAGES: u32 = 2;
pub(super) const PAGE: u32 = 3;
pub(super) const FONT: u32 = 4;
pub(super) const CONTENT: u32 = 5;
/// The first number that one-page files leave free.
pub(super) const FREE: u32 = 6;

/// A file in the making: objects by number, and what the trailer says.
#[derive(Clone)]
pub(super) struct Pdf {
    header: Vec<u8>,
    objects: BTreeMap<u32, Vec<u8>>,
    trailer: String,
}

/// A file without its end: the objects, and where they are.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) offsets: BTreeMap<u32, usize>,
}

impl Pdf {
    pub(super) fn empty() -> Self {
        Self {
            header: b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec(),
            objects: BTreeMap::new(),
            trailer: "/Root 1 0 R".to_owned(),
        }
    }

    /// A page that says [`SENTENCE`] in Helvetica.
    pub(super) fn one_page() -> Self {
        Self::of_content(stream("", say(SENTENCE)))
    }

    /// A page with this content stream.
    pub(super) fn of_content(content: impl Into<Vec<u8>>) -> Self {
        Self::empty()
            .with(CATALOG, "<< /Type /Catalog /Pages 2 0 R >>")
            .with(PAGES, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
            .with(PAGE, page("/Contents 5 0 R"))
            .with(
                FONT,
                "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            )
            .with(CONTENT, content)
    }

    /// With this object, instead of one with the same number.
    pub(super) fn with(mut self, number: u32, object: impl Into<Vec<u8>>) -> Self {
        self.objects.insert(number, object.into());
        self
    }

    pub(super) fn without(mut self, number: u32) -> Self {
        self.objects.remove(&number);
        self
    }

    pub(super) fn with_header(mut self, header: impl Into<Vec<u8>>) -> Self {
        self.header = header.into();
        self
    }

    /// With these entries in the trailer, instead of only the root.
    pub(super) fn with_trailer(mut self, entries: impl Into<String>) -> Self {
        self.trailer = entries.into();
        self
    }

    /// With `from` replaced in an object.
    pub(super) fn changed(mut self, number: u32, from: &str, to: &str) -> Self {
        if let Some(object) = self.objects.get_mut(&number) {
            *object = replaced(object, from, to);
        }
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let body = self.body();
        let table = body.table();
        let end = body.end(&self.trailer);
        [body.bytes, table, end].concat()
    }

    /// Objects without the table and the trailer.
    pub(super) fn body(&self) -> Body {
        let mut body = Body {
            bytes: self.header.clone(),
            offsets: BTreeMap::new(),
        };
        for (&number, object) in &self.objects {
            body.push(number, object);
        }
        body
    }
}

impl Body {
    /// Writes an object; one that was there before stays in the file, but not in the table.
    pub(super) fn push(&mut self, number: u32, object: &[u8]) {
        self.offsets.insert(number, self.bytes.len());
        self.bytes
            .extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        self.bytes.extend_from_slice(object);
        self.bytes.extend_from_slice(b"\nendobj\n");
    }

    /// One more than the highest number.
    pub(super) fn size(&self) -> u32 {
        self.offsets.keys().next_back().map_or(1, |last| last + 1)
    }

    /// The table of cross-references, to be written right behind the body.
    pub(super) fn table(&self) -> Vec<u8> {
        let entry = |number: u32| match self.offsets.get(&number) {
            Some(offset) => format!("{offset:010} 00000 n \n"),
            None => "0000000000 65535 f \n".to_owned(),
        };
        let entries: String = (0..self.size()).map(entry).collect();
        format!("xref\n0 {}\n{entries}", self.size()).into_bytes()
    }

    /// Trailer, start and end for a table that stands right behind the body.
    pub(super) fn end(&self, entries: &str) -> Vec<u8> {
        end(&format!("/Size {} {entries}", self.size()), self.bytes.len())
    }

    /// Adds a stream of cross-references as the last object, and the end. Objects in streams are given as
    /// `(number, stream, index)`.
    pub(super) fn with_xref_stream(mut self, entries: &str, packed: &[(u32, u32, u8)]) -> Vec<u8> {
        let highest = packed.iter().map(|entry| entry.0 + 1).max().unwrap_or_default();
        let number = self.size().max(highest);
        let start = self.bytes.len();
        self.offsets.insert(number, start);
        let mut rows = Vec::new();
        for row in 0..=number {
            let place = packed.iter().find(|entry| entry.0 == row);
            let (kind, field, index) = match (self.offsets.get(&row), place) {
                (_, Some(&(_, stream, index))) => (2, stream, index),
                (Some(&offset), None) => (1, u32::try_from(offset).unwrap_or_default(), 0),
                (None, None) => (0, 0, 255),
            };
            rows.push(kind);
            rows.extend_from_slice(&field.to_be_bytes());
            rows.push(index);
        }
        let dictionary = format!("/Type /XRef /Size {} /W [1 4 1] {entries}", number + 1);
        self.push(number, &stream(&dictionary, rows));
        [self.bytes, format!("startxref\n{start}\n%%EOF\n").into_bytes()].concat()
    }
}

/// A page with the resources of one-page files.
pub(super) fn page(entries: &str) -> String {
    format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >> {entries} >>"
    )
}

/// A stream with a true length.
pub(super) fn stream(entries: &str, data: impl AsRef<[u8]>) -> Vec<u8> {
    let data = data.as_ref();
    raw_stream(&format!("/Length {} {entries}", data.len()), data)
}

/// A stream with the length that the entries claim, if any.
pub(super) fn raw_stream(entries: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<< {entries} >>\nstream\n");
    [head.as_bytes(), data, b"\nendstream"].concat()
}

/// Content that shows a text at the top of the page.
pub(super) fn say(text: &str) -> String {
    format!("BT /F1 12 Tf 72 760 Td ({text}) Tj ET")
}

/// Trailer, start of the cross-references, end.
pub(super) fn end(entries: &str, start: usize) -> Vec<u8> {
    format!("trailer\n<< {entries} >>\nstartxref\n{start}\n%%EOF\n").into_bytes()
}

/// With the last `from` replaced, which has to be there.
pub(super) fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let place = bytes
        .windows(from.len())
        .rposition(|window| window == from.as_bytes());
    debug_assert!(place.is_some(), "{from} is not there");
    let (head, tail) = bytes.split_at(place.unwrap_or(bytes.len()));
    [head, to.as_bytes(), tail.get(from.len()..).unwrap_or_default()].concat()
}
