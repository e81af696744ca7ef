//! From pages of extracted text to clean lines whose every character knows where it came from.

use std::collections::BTreeMap;

use super::super::gate::wording::citation_length;

/// A cleaned character with its place in the page it came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    pub(super) letter: char,
    /// From 0.
    pub(super) page: u32,
    /// In characters of the page's own text.
    pub(super) offset: u32,
}

/// A line of a page; empty when it is blank.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) glyphs: Vec<Glyph>,
    pub(super) text: String,
    pub(super) page: u32,
}

impl Line {
    pub(super) fn is_blank(&self) -> bool {
        self.glyphs.is_empty()
    }
}

/// All lines of all pages, without running headers, footers and page numbers.
pub(super) fn lines_of(pages: &[String]) -> Vec<Line> {
    let mut lines = Vec::new();
    for (page, text) in (0_u32..).zip(pages) {
        let mut offset = 0_u32;
        let mut raw: Vec<(u32, char)> = Vec::new();
        for letter in text.chars() {
            if matches!(letter, '\n' | '\u{c}' | '\u{2028}' | '\u{2029}') {
                lines.push(clean_line(&raw, page));
                raw.clear();
            } else {
                raw.push((offset, letter));
            }
            offset = offset.saturating_add(1);
        }
        lines.push(clean_line(&raw, page));
    }
    drop_furniture(lines, pages.len())
}

/// Ligatures are spelled out, spaces collapsed, invisible characters, inline markup and references left out.
fn clean_line(raw: &[(u32, char)], page: u32) -> Line {
    let letters: Vec<char> = raw.iter().map(|(_, letter)| *letter).collect();
    // A fence tells where program text starts and ends, so its marks are no markup to leave out.
    let mut visible = letters.iter().filter(|letter| !letter.is_whitespace()).take(3);
    let fence = visible.all(|letter| *letter == '`');
    let mut glyphs: Vec<Glyph> = Vec::with_capacity(raw.len());
    let mut index = 0;
    while let Some((offset, letter)) = raw.get(index).copied() {
        index += 1;
        if let Some(length) = citation_length(&letters[index - 1..]) {
            index += length - 1;
            continue;
        }
        let starred = letter == '*' && letters.get(index) == Some(&'*');
        index += usize::from(starred);
        if starred || is_invisible(letter) || letter == '`' && !fence {
            continue;
        }
        if letter.is_whitespace() {
            let parted = glyphs.last().is_none_or(|glyph| glyph.letter == ' ');
            glyphs.extend((!parted).then_some(Glyph {
                letter: ' ',
                page,
                offset,
            }));
            continue;
        }
        let spelled = spelled_out(letter).into_iter().flatten();
        glyphs.extend(spelled.map(|letter| Glyph { letter, page, offset }));
    }
    while glyphs.last().is_some_and(|glyph| glyph.letter == ' ') {
        glyphs.pop();
    }
    drop_spaces_before_stops(&mut glyphs);
    let text = glyphs.iter().map(|glyph| glyph.letter).collect();
    Line { glyphs, text, page }
}

/// A reference left out before a full stop leaves a space there.
fn drop_spaces_before_stops(glyphs: &mut Vec<Glyph>) {
    let stops = |letter: Option<&Glyph>| letter.is_some_and(|glyph| matches!(glyph.letter, '.' | ','));
    let lone: Vec<bool> = (0..glyphs.len())
        .map(|at| {
            let word_follows = glyphs.get(at + 2).is_some_and(|glyph| glyph.letter != ' ');
            glyphs[at].letter == ' ' && stops(glyphs.get(at + 1)) && !word_follows
        })
        .collect();
    let mut index = 0;
    glyphs.retain(|_| {
        index += 1;
        !lone[index - 1]
    });
}

fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}' | '\u{feff}' | '\r')
}

fn spelled_out(letter: char) -> [Option<char>; 3] {
    match letter {
        'ﬀ' => [Some('f'), Some('f'), None],
        'ﬁ' => [Some('f'), Some('i'), None],
        'ﬂ' => [Some('f'), Some('l'), None],
        'ﬃ' => [Some('f'), Some('f'), Some('i')],
        'ﬄ' => [Some('f'), Some('f'), Some('l')],
        '\u{2010}' | '\u{2011}' => [Some('-'), None, None],
        other => [Some(other), None, None],
    }
}

/// Lines at the edge of a page that are page numbers, or that come back on page after page.
fn drop_furniture(mut lines: Vec<Line>, page_count: usize) -> Vec<Line> {
    let edges = edge_lines(&lines);
    let mut pages_with: BTreeMap<String, usize> = BTreeMap::new();
    for &index in &edges {
        *pages_with.entry(furniture_key(&lines[index].text)).or_default() += 1;
    }
    let often = (page_count / 4).clamp(3, 12);
    let numbering = page_numbering(&lines, &edges);
    for index in edges {
        let key = furniture_key(&lines[index].text);
        let comes_back = page_count >= 3 && pages_with.get(&key).is_some_and(|count| *count >= often);
        let numbered = numbering.is_some() && trailing_offset(&lines[index]) == numbering;
        if (page_count >= 2 && is_page_number(&key)) || comes_back || numbered {
            lines[index].glyphs.clear();
            lines[index].text.clear();
        }
    }
    lines
}

/// Difference between printed and counted page numbers, when at least three pages agree on it.
fn page_numbering(lines: &[Line], edges: &[usize]) -> Option<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for offset in edges.iter().filter_map(|index| trailing_offset(&lines[*index])) {
        *counts.entry(offset).or_default() += 1;
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count >= 3)
        .max_by_key(|(_, count)| *count)
        .map(|(offset, _)| offset)
}

/// What a number at the end of a short line is ahead of its page's place.
fn trailing_offset(line: &Line) -> Option<i64> {
    let number: i64 = line.text.rsplit(' ').next()?.parse().ok()?;
    (line.glyphs.len() <= 80).then(|| number - i64::from(line.page))
}

/// Indices of the first two and last two lines with text of every page.
fn edge_lines(lines: &[Line]) -> Vec<usize> {
    let mut by_page: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_blank()) {
        by_page.entry(line.page).or_default().push(index);
    }
    let mut edges: Vec<usize> = Vec::new();
    for indices in by_page.values() {
        let tail = indices.len().saturating_sub(2).max(2).min(indices.len());
        edges.extend(indices.iter().take(2));
        edges.extend(&indices[tail..]);
    }
    edges
}

/// Page numbers differ from page to page, the words around them do not.
fn furniture_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for letter in text.to_lowercase().chars() {
        if !letter.is_ascii_digit() {
            key.push(letter);
        } else if !key.ends_with('#') {
            key.push('#');
        }
    }
    key
}

fn is_page_number(key: &str) -> bool {
    let bare = key.trim_matches(|letter: char| matches!(letter, ' ' | '-' | '–' | '—' | '|' | '[' | ']'));
    let roman = bare.len() <= 6 && !bare.is_empty() && bare.chars().all(|letter| "ivxlc".contains(letter));
    roman
        || matches!(
            bare,
            "#" | "page #" | "page # of #" | "# of #" | "# / #" | "#/#" | "p. #" | "seite #"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_headers_and_page_numbers_go_and_the_text_stays() {
        let page = |number: u32, text: &str| format!("Course notes 2026\n{text}\n\nPage {number} of 4\n");
        let bodies = [
            "Alpha is first.",
            "Beta is second.",
            "Gamma is third.",
            "Delta is fourth.",
        ];
        let pages: Vec<String> = (1..)
            .zip(bodies)
            .map(|(number, text)| page(number, text))
            .collect();
        let kept: Vec<String> = lines_of(&pages)
            .into_iter()
            .filter(|l| !l.is_blank())
            .map(|l| l.text)
            .collect();
        assert_eq!(kept, bodies);
    }

    #[test]
    fn every_clean_letter_knows_its_place_on_the_page() {
        let pages = vec!["  The  ﬁrst **key** [12].".to_owned()];
        let line = lines_of(&pages).remove(0);
        assert_eq!(line.text, "The first key.");
        let raw: Vec<char> = pages[0].chars().collect();
        for glyph in line.glyphs.iter().filter(|glyph| glyph.letter.is_alphabetic()) {
            let original = raw[usize::try_from(glyph.offset).unwrap()];
            assert!(original == glyph.letter || original == 'ﬁ');
        }
    }
}
