//! Sets a text in one or two columns between a running head and a foot, breaking long words at line ends.

use crate::pdf_writer::{
    TextStyle, assemble, font_object, literal_string, page_object, text_operators, text_width,
};

const PAGE_WIDTH_POINTS: f64 = 595.0;
const PAGE_HEIGHT_POINTS: f64 = 842.0;
const MARGIN_POINTS: f64 = 72.0;
const GUTTER_POINTS: f64 = 24.0;
const HEAD_BASELINE_POINTS: f64 = 806.0;
const FOOT_BASELINE_POINTS: f64 = 36.0;
/// Letters that stay together at either side of a break.
const LEAST_PART: usize = 3;

const fn style(bold: bool, size: f64, leading: f64, space_before: f64, indent: f64) -> TextStyle {
    TextStyle {
        bold,
        size,
        leading,
        space_before,
        indent,
    }
}

const TITLE: TextStyle = style(true, 18.0, 24.0, 0.0, 0.0);
const HEADING: TextStyle = style(true, 13.0, 18.0, 16.0, 0.0);
const BODY: TextStyle = style(false, 11.5, 16.0, 9.0, 0.0);
const ENTRY: TextStyle = style(false, 11.5, 16.0, 3.0, 18.0);
const CELL: TextStyle = style(false, 10.5, 15.0, 2.0, 0.0);
const EDGE: TextStyle = style(false, 9.0, 11.0, 0.0, 0.0);

/// How the pages look.
#[derive(Clone, Copy)]
pub(super) struct Layout<'a> {
    /// One or two.
    pub(super) columns: u8,
    /// Printed over every page.
    pub(super) running_head: &'a str,
}

pub(super) struct Typesetter<'a> {
    layout: Layout<'a>,
    pages: Vec<String>,
    column: u8,
    baseline: f64,
}

impl<'a> Typesetter<'a> {
    pub(super) fn new(layout: Layout<'a>) -> Self {
        Self {
            layout,
            pages: vec![String::new()],
            column: 0,
            baseline: PAGE_HEIGHT_POINTS - MARGIN_POINTS,
        }
    }

    pub(super) fn title(&mut self, text: &str) {
        self.flow(text, None, TITLE);
    }

    /// Stays together with the first lines that follow.
    pub(super) fn heading(&mut self, text: &str) {
        if self.baseline - HEADING.space_before - HEADING.leading - 3.0 * BODY.leading < MARGIN_POINTS {
            self.next_column();
        }
        self.flow(text, None, HEADING);
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.flow(text, None, BODY);
    }

    pub(super) fn entry(&mut self, marker: &str, text: &str) {
        self.flow(text, Some(marker), ENTRY);
    }

    /// Cells side by side at even distances, each on one line.
    pub(super) fn row(&mut self, cells: &[&str]) {
        self.space(CELL);
        self.advance(CELL);
        let mut left = self.left();
        let narrow = self.width() / 6.0;
        for (index, cell) in cells.iter().enumerate() {
            self.show(cell, left, CELL);
            let first_of_three = index == 0 && cells.len() == 3;
            left += if first_of_three {
                narrow
            } else {
                (self.width() - if cells.len() == 3 { narrow } else { 0.0 }) / 2.0
            };
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        let count = self.pages.len();
        let first = 6;
        let kids: Vec<String> = (0..count)
            .map(|page| format!("{} 0 R", first + 2 * page))
            .collect();
        let mut objects = vec![
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            format!("<< /Type /Pages /Kids [{}] /Count {count} >>", kids.join(" ")),
            font_object("Helvetica"),
            font_object("Helvetica-Bold"),
            format!("<< /Title {} >>", literal_string(self.layout.running_head)),
        ];
        for (index, body) in self.pages.iter().enumerate() {
            let foot = format!("Page {} of {count}", index + 1);
            let content = format!(
                "{}{body}{}",
                text_operators(
                    self.layout.running_head,
                    (MARGIN_POINTS, HEAD_BASELINE_POINTS),
                    EDGE
                ),
                text_operators(
                    &foot,
                    (PAGE_WIDTH_POINTS / 2.0 - 24.0, FOOT_BASELINE_POINTS),
                    EDGE
                )
            );
            objects.push(page_object(first + 2 * index + 1));
            objects.push(format!(
                "<< /Length {} >>\nstream\n{content}endstream",
                content.len()
            ));
        }
        assemble(&objects)
    }

    fn width(&self) -> f64 {
        let whole = PAGE_WIDTH_POINTS - 2.0 * MARGIN_POINTS;
        if self.layout.columns == 2 {
            (whole - GUTTER_POINTS) / 2.0
        } else {
            whole
        }
    }

    fn left(&self) -> f64 {
        MARGIN_POINTS + f64::from(self.column) * (self.width() + GUTTER_POINTS)
    }

    fn next_column(&mut self) {
        self.column += 1;
        if self.column >= self.layout.columns {
            self.column = 0;
            self.pages.push(String::new());
        }
        self.baseline = PAGE_HEIGHT_POINTS - MARGIN_POINTS;
    }

    fn space(&mut self, style: TextStyle) {
        if self.baseline < PAGE_HEIGHT_POINTS - MARGIN_POINTS {
            self.baseline -= style.space_before;
        }
    }

    fn advance(&mut self, style: TextStyle) {
        if self.baseline - style.leading < MARGIN_POINTS {
            self.next_column();
        }
        self.baseline -= style.leading;
    }

    fn flow(&mut self, text: &str, marker: Option<&str>, style: TextStyle) {
        self.space(style);
        for (index, line) in broken(text, self.width() - style.indent, style)
            .iter()
            .enumerate()
        {
            self.advance(style);
            if let (0, Some(marker)) = (index, marker) {
                self.show(marker, self.left(), style);
            }
            self.show(line, self.left() + style.indent, style);
        }
    }

    fn show(&mut self, text: &str, left: f64, style: TextStyle) {
        let operators = text_operators(text, (left, self.baseline), style);
        if let Some(page) = self.pages.last_mut() {
            page.push_str(&operators);
        }
    }
}

/// Lines no wider than `width`, in points; headings are not hyphenated.
fn broken(text: &str, width: f64, style: TextStyle) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let joined = |word: &str| {
            if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            }
        };
        if text_width(&joined(word), style) <= width {
            line = joined(word);
            continue;
        }
        let parts = breaks(word).into_iter().rev().find_map(|at| {
            let start = joined(&format!("{}-", &word[..at]));
            (!style.bold && text_width(&start, style) <= width).then(|| (start, word[at..].to_owned()))
        });
        let (full, rest) = parts.unwrap_or_else(|| (std::mem::take(&mut line), word.to_owned()));
        if !full.is_empty() {
            lines.push(full);
        }
        line = rest;
    }
    lines.extend((!line.is_empty()).then_some(line));
    lines
}

/// Places between a vowel and a consonant that a vowel follows, in words of letters only.
fn breaks(word: &str) -> Vec<usize> {
    let letters = word.trim_end_matches(['.', ',', ';', ':']).as_bytes();
    let vowel = |at: usize| b"aeiouy".contains(&letters[at]);
    if letters.len() < 8 || !letters.iter().all(u8::is_ascii_lowercase) {
        return Vec::new();
    }
    (LEAST_PART..=letters.len() - LEAST_PART)
        .filter(|at| vowel(at - 1) && !vowel(*at) && vowel(at + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_words_come_together_again() {
        let text =
            "The manipulation of several independent instruments is demonstrated repeatedly. ".repeat(4);
        let lines = broken(&text, 160.0, BODY);
        assert!(lines.iter().any(|line| line.ends_with('-')));
        assert!(lines.iter().all(|line| text_width(line, BODY) <= 160.0));
        let joined = lines.join(" ").replace("- ", "");
        assert_eq!(joined, text.trim_end());
    }
}
