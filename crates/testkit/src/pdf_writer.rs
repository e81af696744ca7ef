//! A minimal PDF writer: headings, paragraphs and lists on A4 pages.
//!
//! The shipped demo syllabus and the test files of the text extraction need real PDFs whose bytes never change between
//! runs. This writer therefore knows nothing of dates, compression or embedded fonts: it sets the two standard fonts
//! Helvetica and Helvetica-Bold in WinAnsi encoding. It uses the standard library only, because `xtask` includes this
//! file by path instead of depending on the whole test kit.

use std::fmt::Write as _;

const PAGE_WIDTH_POINTS: f64 = 595.0;
const PAGE_HEIGHT_POINTS: f64 = 842.0;
const MARGIN_POINTS: f64 = 64.0;
const FOOTER_BASELINE_POINTS: f64 = 36.0;
const LIST_INDENT_POINTS: f64 = 16.0;

/// Advance widths of the characters 32 to 126 in Helvetica, in thousandths of the font size.
const REGULAR_WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// Advance widths of the characters 32 to 126 in Helvetica-Bold, in thousandths of the font size.
const BOLD_WIDTHS: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278,
    556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584,
    556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556,
    333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];

/// Width assumed for characters outside ASCII, in thousandths of the font size.
const OTHER_WIDTH: u16 = 556;

/// The bytes 0x80 to 0x9F of the WinAnsi encoding; `\0` marks the unassigned ones.
const WIN_ANSI_HIGH: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“',
    '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// How a run of text is set: font, size and the vertical space around it, all in points.
#[derive(Clone, Copy)]
pub(crate) struct TextStyle {
    pub(crate) bold: bool,
    pub(crate) size: f64,
    pub(crate) leading: f64,
    pub(crate) space_before: f64,
    pub(crate) indent: f64,
}

const TITLE: TextStyle = TextStyle {
    bold: true,
    size: 20.0,
    leading: 25.0,
    space_before: 0.0,
    indent: 0.0,
};
const HEADING: TextStyle = TextStyle {
    bold: true,
    size: 14.0,
    leading: 18.0,
    space_before: 14.0,
    indent: 0.0,
};
const PARAGRAPH: TextStyle = TextStyle {
    bold: false,
    size: 11.0,
    leading: 14.0,
    space_before: 8.0,
    indent: 0.0,
};
const LIST_ITEM: TextStyle = TextStyle {
    bold: false,
    size: 11.0,
    leading: 14.0,
    space_before: 2.0,
    indent: LIST_INDENT_POINTS,
};

/// Collects text from top to bottom, breaks it into lines and A4 pages, and returns the bytes of a PDF 1.4 file.
///
/// The same calls always give the same bytes. Characters outside WinAnsi are written as `?`.
pub struct PdfWriter {
    title: String,
    pages: Vec<String>,
    baseline: f64,
    in_list: bool,
}

impl PdfWriter {
    /// Starts a document with one empty page; `title` goes into the document information and is not printed.
    pub fn new(title: &str) -> Self {
        let mut writer = Self {
            title: title.to_owned(),
            pages: Vec::new(),
            baseline: 0.0,
            in_list: false,
        };
        writer.page_break();
        writer
    }

    /// Ends the current page; the next text starts at the top of a new one.
    pub fn page_break(&mut self) {
        self.pages.push(String::new());
        self.baseline = PAGE_HEIGHT_POINTS - MARGIN_POINTS;
    }

    /// Prints the title line of the document in large bold letters.
    pub fn title(&mut self, text: &str) {
        self.flow(text, None, TITLE);
    }

    /// Prints a section heading and keeps it on one page with the first lines that follow it.
    pub fn heading(&mut self, text: &str) {
        let following = PARAGRAPH.space_before + 2.0 * PARAGRAPH.leading;
        if self.baseline - HEADING.space_before - HEADING.leading - following < MARGIN_POINTS {
            self.page_break();
        }
        self.flow(text, None, HEADING);
    }

    /// Prints a paragraph, ragged right.
    pub fn paragraph(&mut self, text: &str) {
        self.flow(text, None, PARAGRAPH);
    }

    /// Prints one list item behind its marker, for example `•` or `2.`.
    pub fn list_item(&mut self, marker: &str, text: &str) {
        let mut style = LIST_ITEM;
        if !self.in_list {
            style.space_before = PARAGRAPH.space_before;
        }
        self.flow(text, Some(marker), style);
    }

    /// Numbers the pages and returns the whole file.
    pub fn finish(self) -> Vec<u8> {
        let page_count = self.pages.len();
        let first_page_object = 6;
        let kids: Vec<String> = (0..page_count)
            .map(|page| format!("{} 0 R", first_page_object + 2 * page))
            .collect();
        let mut objects = vec![
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            format!(
                "<< /Type /Pages /Kids [{}] /Count {page_count} >>",
                kids.join(" ")
            ),
            font_object("Helvetica"),
            font_object("Helvetica-Bold"),
            format!("<< /Title {} >>", literal_string(&self.title)),
        ];
        for (index, content) in self.pages.iter().enumerate() {
            let content = format!("{content}{}", page_number_operators(index + 1));
            objects.push(page_object(first_page_object + 2 * index + 1));
            objects.push(format!(
                "<< /Length {} >>\nstream\n{content}endstream",
                content.len()
            ));
        }
        assemble(&objects)
    }

    fn flow(&mut self, text: &str, marker: Option<&str>, style: TextStyle) {
        self.in_list = marker.is_some();
        if self.baseline < PAGE_HEIGHT_POINTS - MARGIN_POINTS {
            self.baseline -= style.space_before;
        }
        let width = PAGE_WIDTH_POINTS - 2.0 * MARGIN_POINTS - style.indent;
        for (index, line) in wrap(text, width, style).iter().enumerate() {
            if self.baseline - style.leading < MARGIN_POINTS {
                self.page_break();
            }
            self.baseline -= style.leading;
            if let (0, Some(marker)) = (index, marker) {
                self.show(marker, MARGIN_POINTS, style);
            }
            self.show(line, MARGIN_POINTS + style.indent, style);
        }
    }

    fn show(&mut self, text: &str, left: f64, style: TextStyle) {
        let operators = text_operators(text, (left, self.baseline), style);
        if let Some(page) = self.pages.last_mut() {
            page.push_str(&operators);
        }
    }
}

pub(crate) fn text_operators(text: &str, (left, baseline): (f64, f64), style: TextStyle) -> String {
    let font = if style.bold { "F2" } else { "F1" };
    format!(
        "BT /{font} {} Tf {left:.2} {baseline:.2} Td {} Tj ET\n",
        style.size,
        literal_string(text)
    )
}

fn page_number_operators(number: usize) -> String {
    let text = number.to_string();
    let style = TextStyle {
        size: 9.0,
        ..PARAGRAPH
    };
    let left = (PAGE_WIDTH_POINTS - text_width(&text, style)) / 2.0;
    text_operators(&text, (left, FOOTER_BASELINE_POINTS), style)
}

pub(crate) fn font_object(name: &str) -> String {
    format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>")
}

pub(crate) fn page_object(contents: usize) -> String {
    format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE_WIDTH_POINTS} {PAGE_HEIGHT_POINTS}] \
         /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {contents} 0 R >>"
    )
}

/// Joins the numbered objects, the cross-reference table and the trailer; object 1 is the catalog, object 5 the
/// document information.
pub(crate) fn assemble(objects: &[String]) -> Vec<u8> {
    let mut file = String::from("%PDF-1.4\n");
    let mut offsets = Vec::with_capacity(objects.len());
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let table_offset = file.len();
    let entries = objects.len() + 1;
    let _ = write!(file, "xref\n0 {entries}\n0000000000 65535 f \n");
    for offset in offsets {
        let _ = writeln!(file, "{offset:010} 00000 n ");
    }
    let _ = write!(
        file,
        "trailer\n<< /Size {entries} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{table_offset}\n%%EOF\n"
    );
    file.into_bytes()
}

/// Breaks at blanks; a single word wider than the line gets a line of its own.
fn wrap(text: &str, width: f64, style: TextStyle) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let candidate = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if !line.is_empty() && text_width(&candidate, style) > width {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        } else {
            line = candidate;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Width of `text` in points.
pub(crate) fn text_width(text: &str, style: TextStyle) -> f64 {
    let table = if style.bold { &BOLD_WIDTHS } else { &REGULAR_WIDTHS };
    let thousandths: f64 = text
        .chars()
        .map(|character| {
            let index = (character as usize).checked_sub(32);
            f64::from(
                index
                    .and_then(|index| table.get(index))
                    .copied()
                    .unwrap_or(OTHER_WIDTH),
            )
        })
        .sum();
    thousandths * style.size / 1000.0
}

/// A PDF literal string in WinAnsi; bytes outside printable ASCII are written as octal escapes.
pub(crate) fn literal_string(text: &str) -> String {
    let mut literal = String::from("(");
    for byte in text.chars().map(win_ansi_byte) {
        match byte {
            b'(' | b')' | b'\\' => {
                literal.push('\\');
                literal.push(char::from(byte));
            }
            b' '..=b'~' => literal.push(char::from(byte)),
            _ => {
                let _ = write!(literal, "\\{byte:03o}");
            }
        }
    }
    literal.push(')');
    literal
}

fn win_ansi_byte(character: char) -> u8 {
    match u8::try_from(character) {
        Ok(byte) if (32..127).contains(&byte) || byte >= 160 => byte,
        _ => WIN_ANSI_HIGH
            .iter()
            .position(|&candidate| candidate == character && character != '\0')
            .and_then(|position| u8::try_from(0x80 + position).ok())
            .unwrap_or(b'?'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).expect("the writer emits ASCII only")
    }

    #[test]
    fn long_text_flows_over_several_numbered_pages() {
        let mut writer = PdfWriter::new("Flow");
        writer.heading("1. Flow");
        for _ in 0..30 {
            writer.paragraph(&"A paragraph of several words that fills the line. ".repeat(6));
        }
        let file = text_of(writer.finish());
        assert!(
            file.contains("/Count 3"),
            "thirty paragraphs of four lines need three pages"
        );
        assert!(file.contains("(3) Tj"), "the last page carries its number");
    }

    #[test]
    fn the_cross_reference_table_points_at_the_objects() {
        let mut writer = PdfWriter::new("Offsets");
        writer.title("Offsets");
        writer.page_break();
        writer.list_item("•", "second page");
        let file = text_of(writer.finish());
        let table = file.find("\nxref\n0 ").expect("a cross-reference table") + 1;
        let entries: Vec<&str> = file[table..]
            .lines()
            .skip(3)
            .take_while(|line| line.ends_with(" n "))
            .collect();
        assert_eq!(
            entries.len(),
            9,
            "catalog, pages, two fonts, information, two pages with contents"
        );
        for (index, entry) in entries.iter().enumerate() {
            let offset: usize = entry[..10].parse().expect("a decimal offset");
            assert!(file[offset..].starts_with(&format!("{} 0 obj\n", index + 1)));
        }
    }

    #[test]
    fn special_characters_are_escaped_in_win_ansi() {
        assert_eq!(literal_string(r"a(b)\ é • – 漢"), r"(a\(b\)\\ \351 \225 \226 ?)");
    }

    #[test]
    fn no_wrapped_line_is_wider_than_the_column() {
        let text = "Relational databases store facts in tables and join them by value. ".repeat(8);
        let lines = wrap(&text, 200.0, PARAGRAPH);
        assert!(lines.len() > 10);
        assert!(lines.iter().all(|line| text_width(line, PARAGRAPH) <= 200.0));
        assert_eq!(lines.join(" "), text.trim_end());
    }
}
