//! What a text quotes.

/// Quotation marks that begin with the first character and end with one of the others.
const QUOTATIONS: [(char, &[char]); 11] = [
    ('“', &['”', '“']),
    ('"', &['"']),
    ('„', &['“', '”']),
    ('«', &['»']),
    ('‘', &['’']),
    ('’', &['’']),
    ('\'', &['\'', '’']),
    ('‚', &['‘', '’']),
    ('‹', &['›']),
    ('「', &['」']),
    ('『', &['』']),
];
/// Those that only end a quotation.
const ENDS: [char; 5] = ['”', '»', '›', '」', '』'];
/// Those that are apostrophes, too.
const APOSTROPHES: [char; 2] = ['\'', '’'];

/// What stands in quotation marks; none if one of them does not end. An apostrophe behind a letter or digit begins none.
pub(super) fn quotations(text: &str) -> Option<Vec<&str>> {
    let mut quotes = Vec::new();
    let mut from = 0;
    while let Some((at, mark)) = next_mark(text, from) {
        // One that only ends a quotation begins none.
        let (_, ends) = QUOTATIONS.iter().find(|(begin, _)| *begin == mark)?;
        let inside = at + mark.len_utf8();
        let (end, closing) = end_of(text, inside, ends)?;
        quotes.push(&text[inside..end]);
        from = end + closing.len_utf8();
    }
    Some(quotes)
}

/// The next mark that is no apostrophe.
fn next_mark(text: &str, from: usize) -> Option<(usize, char)> {
    let marks = text[from..].char_indices().map(|(at, mark)| (from + at, mark));
    let is_mark = |mark: char| ENDS.contains(&mark) || QUOTATIONS.iter().any(|(begin, _)| *begin == mark);
    let mut marks = marks.filter(|(_, mark)| is_mark(*mark));
    marks.find(|(at, mark)| !APOSTROPHES.contains(mark) || !is_behind_word(text, *at))
}

/// Where a quotation ends that began before `inside`. An apostrophe may be meant by what could end it, so it goes on to the last such
/// mark before the next quotation.
fn end_of(text: &str, inside: usize, ends: &[char]) -> Option<(usize, char)> {
    let marks = text[inside..]
        .char_indices()
        .map(|(at, mark)| (inside + at, mark));
    let mut marks = marks.filter(|(_, mark)| ends.contains(mark));
    let first = marks.find(|(at, mark)| !APOSTROPHES.contains(mark) || !is_before_word(text, *at, *mark))?;
    if !APOSTROPHES.contains(&first.1) {
        return Some(first);
    }
    let next = next_mark(text, first.0 + first.1.len_utf8()).map_or(text.len(), |(at, _)| at);
    let mut later = marks.filter(|(at, mark)| *at < next && !is_before_word(text, *at, *mark));
    Some(later.next_back().unwrap_or(first))
}

fn is_behind_word(text: &str, at: usize) -> bool {
    text[..at].chars().next_back().is_some_and(char::is_alphanumeric)
}

fn is_before_word(text: &str, at: usize, mark: char) -> bool {
    text[at + mark.len_utf8()..]
        .chars()
        .next()
        .is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_marks_is_quoted() {
        for (text, quotes) in [
            ("no quotation", &[][..]),
            ("“one” and “two”", &["one", "two"]),
            (
                "„one“, „two”, «three», ‹four›, ‚five‘",
                &["one", "two", "three", "four", "five"],
            ),
            (
                "“one“ \"two\" 「three」『four』",
                &["one", "two", "three", "four"],
            ),
            ("‘one’ 'two' ’three’", &["one", "two", "three"]),
            ("“it's ‘one’”", &["it's ‘one’"]),
            ("'take nothing else'", &["take nothing else"]),
            ("it’s the learners' and o'clock's", &[]),
            ("'it's one', 'two'", &["it's one", "two"]),
            ("‘don’t stop’: ‘go’", &["don’t stop", "go"]),
            ("'the learners' work' and 'two'", &["the learners' work", "two"]),
            ("('one')", &["one"]),
        ] {
            assert_eq!(quotations(text).as_deref(), Some(quotes), "{text}");
        }
    }

    #[test]
    fn what_does_not_end_or_begin_is_no_quotation() {
        for text in [
            "“one",
            "one”",
            "\"one\" \"",
            "'one",
            "‘one",
            "‘it’s",
            "'tis",
            "»one«",
            "one›",
            "『one」",
        ] {
            assert_eq!(quotations(text), None, "{text}");
        }
    }
}
