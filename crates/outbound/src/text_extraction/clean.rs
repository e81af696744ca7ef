//! Text as later steps want it: no control characters, whole words, one blank line at most between paragraphs.

/// Marks that open a list item in print; all become the Markdown mark.
const BULLETS: [char; 8] = ['•', '●', '▪', '■', '◦', '‣', '∙', '\u{f0b7}'];

const SOFT_HYPHEN: char = '\u{ad}';

/// Cleans one page; the result has neither leading nor trailing blank lines and may be empty.
pub(super) fn clean_page(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for character in raw.replace("\r\n", "\n").chars() {
        push_clean(&mut text, character);
    }
    let lines = join_torn_lines(text.split('\n').map(str::trim_end));
    collapse_blank_lines(&lines)
}

/// Removes a last line that is only the number of this page (`7`, `– 7 –`, `Page 7`, `Page 7 of 9`): between two pages
/// it would tear a sentence apart. `number` counts from 1; `page` is clean already.
pub(super) fn without_page_number(mut page: String, number: usize) -> String {
    let (body, last) = page.rsplit_once('\n').unwrap_or(("", &page));
    let words = last.to_lowercase();
    let words: Vec<&str> = words
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let number = number.to_string();
    let is_page_number = match words.as_slice() {
        [word] | ["page", word] | [word, "of", _] | ["page", word, "of", _] => *word == number,
        _ => false,
    };
    if is_page_number {
        page.truncate(body.trim_end().len());
    }
    page
}

fn push_clean(text: &mut String, character: char) {
    match character {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => text.push('\n'),
        '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => text.push(' '),
        'ﬀ' => text.push_str("ff"),
        'ﬁ' => text.push_str("fi"),
        'ﬂ' => text.push_str("fl"),
        'ﬃ' => text.push_str("ffi"),
        'ﬄ' => text.push_str("ffl"),
        'ﬅ' | 'ﬆ' => text.push_str("st"),
        // Zero-width characters and direction overrides show nothing and can hide text from a reader.
        '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
        _ if character.is_control() => {}
        _ => text.push(character),
    }
}

/// Puts words together that were split at the end of a line, and list marks together with their items.
fn join_torn_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for line in lines {
        let content = line.trim_start();
        match joined.last_mut() {
            Some(previous) if content.starts_with(char::is_lowercase) && ends_in_split_word(previous) => {
                previous.pop();
                previous.push_str(content);
            }
            // The lines come without trailing blanks: only a list mark alone on its line ends in one.
            Some(previous) if previous.ends_with("- ") && !content.is_empty() => previous.push_str(content),
            _ => joined.push(with_plain_bullet(line)),
        }
    }
    joined
        .into_iter()
        .map(|line| line.trim_end().replace(SOFT_HYPHEN, ""))
        .collect()
}

fn ends_in_split_word(line: &str) -> bool {
    let mut backwards = line.chars().rev();
    matches!(backwards.next(), Some('-' | '\u{2010}' | SOFT_HYPHEN))
        && backwards.next().is_some_and(char::is_alphabetic)
}

fn with_plain_bullet(line: &str) -> String {
    let content = line.trim_start();
    match content.strip_prefix(BULLETS) {
        Some(item) => format!("{}- {}", &line[..line.len() - content.len()], item.trim_start()),
        None => line.to_owned(),
    }
}

fn collapse_blank_lines(lines: &[String]) -> String {
    let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    let mut blank_lines = 0;
    for line in lines {
        if line.is_empty() {
            blank_lines += 1;
            continue;
        }
        if !text.is_empty() {
            text.push_str(if blank_lines > 0 { "\n\n" } else { "\n" });
        }
        blank_lines = 0;
        text.push_str(line);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_go_and_line_ends_are_unified() {
        assert_eq!(
            clean_page("\u{feff}a\0b\u{1b}[0m \r\nc\rd\te\u{a0}f"),
            "ab[0m\nc\nd e f"
        );
    }

    #[test]
    fn ligatures_are_expanded() {
        assert_eq!(
            clean_page("eﬃcient ﬁle ﬂow oﬀ waﬄe"),
            "efficient file flow off waffle"
        );
    }

    #[test]
    fn words_split_at_a_line_end_are_joined() {
        assert_eq!(
            clean_page("rela-\ntional data\u{ad}\nbases"),
            "relational databases"
        );
        assert_eq!(
            clean_page("SQL-\nStandard, 1990-\nto, a –\nb"),
            "SQL-\nStandard, 1990-\nto, a –\nb"
        );
        assert_eq!(clean_page("soft\u{ad}ware"), "software");
    }

    #[test]
    fn blank_lines_collapse_and_the_edges_are_trimmed() {
        assert_eq!(clean_page("\n\n a  \n \n\n\n\nb\n\n"), " a\n\nb");
        assert_eq!(clean_page(" \n\t\n"), "");
    }

    #[test]
    fn list_marks_become_dashes() {
        assert_eq!(clean_page("• one\n  ▪two\n- three"), "- one\n  - two\n- three");
        assert_eq!(clean_page("•\nalone\nnext\n•\n\nend"), "- alone\nnext\n-\n\nend");
    }

    #[test]
    fn only_the_pages_own_number_is_removed() {
        for (page, expected) in [
            ("text\n\n3", "text"),
            ("text\n- 3 -", "text"),
            ("text\nPage 3 of 9", "text"),
            ("text\n4", "text\n4"),
            ("text 3", "text 3"),
            ("3", ""),
        ] {
            assert_eq!(without_page_number(page.to_owned(), 3), expected);
        }
    }
}
