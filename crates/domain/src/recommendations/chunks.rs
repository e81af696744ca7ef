//! Entries of the catalogue cut into what is compared and quoted.

use crate::authoring::generator::ends_of;
use crate::catalog::CredentialContent;

/// Chunks of one entry.
pub(super) const MOST_CHUNKS: usize = 40;
/// Characters of one chunk.
pub(super) const MOST_CHARS: usize = 500;

/// Where a chunk comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The title.
    Title,
    /// The slugs of skills, as words: compared, never quoted.
    Skills,
    /// A sentence of the description.
    Sentence,
}

/// Title, skills and the first sentences of the description; what is empty is left out.
pub(super) fn chunks_of(content: &CredentialContent) -> Vec<(Part, String)> {
    let skills: String = content
        .skills
        .join(", ")
        .chars()
        .take(MOST_CHARS)
        .map(|letter| if letter == '-' { ' ' } else { letter })
        .collect();
    let title = start_of(content.title.trim(), MOST_CHARS);
    let title = (!title.is_empty()).then(|| (Part::Title, title.to_owned()));
    let skills = (!skills.trim().is_empty()).then_some((Part::Skills, skills));
    // Nothing behind this can be in a chunk.
    let description: String = content
        .description
        .chars()
        .take(MOST_CHUNKS * MOST_CHARS)
        .collect();
    let sentences = description
        .lines()
        .flat_map(sentences_of)
        .map(|sentence| (Part::Sentence, sentence));
    title
        .into_iter()
        .chain(skills)
        .chain(sentences)
        .take(MOST_CHUNKS)
        .collect()
}

/// The sentences of one line as they stand there, the long ones in pieces.
fn sentences_of(line: &str) -> Vec<String> {
    let blank = |letter: char| if letter.is_whitespace() { ' ' } else { letter };
    let letters: Vec<char> = line.chars().collect();
    let blanked: Vec<char> = letters.iter().copied().map(blank).collect();
    let mut sentences = Vec::new();
    let mut start = 0;
    for end in ends_of(&blanked).into_iter().chain([letters.len()]) {
        let sentence: String = letters[start..end].iter().collect();
        sentences.extend(pieces_of(&sentence));
        start = end;
    }
    sentences
}

/// A text in pieces that are no longer than a chunk, cut between words where there is a place.
fn pieces_of(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let piece = start_of(rest, MOST_CHARS);
        pieces.push(piece.to_owned());
        rest = rest[piece.len()..].trim_start();
    }
    pieces
}

/// The first words of a text, no more than `most` characters; of a longer word its first letters.
pub(super) fn start_of(text: &str, most: usize) -> &str {
    let Some((end, next)) = text.char_indices().nth(most) else {
        return text;
    };
    let start = &text[..end];
    let between = if next.is_whitespace() {
        Some(end)
    } else {
        start.rfind(char::is_whitespace)
    };
    let cut = between.map_or("", |at| start[..at].trim_end());
    if cut.is_empty() { start } else { cut }
}

#[cfg(test)]
mod tests {
    use super::super::testing::content;
    use super::*;

    #[test]
    fn an_entry_is_its_title_its_skills_and_the_sentences_of_its_description() {
        let mut content = content(
            "Web APIs",
            "Design APIs, e.g. over HTTP. Then\ttest them!\n\n- Hours: 8.5",
        );
        content.skills = vec!["http-apis".to_owned(), "testing".to_owned()];
        let expected = [
            (Part::Title, "Web APIs"),
            (Part::Skills, "http apis, testing"),
            (Part::Sentence, "Design APIs, e.g. over HTTP."),
            (Part::Sentence, "Then\ttest them!"),
            (Part::Sentence, "- Hours: 8.5"),
        ];
        let chunks = chunks_of(&content);
        let chunks: Vec<(Part, &str)> = chunks.iter().map(|(part, text)| (*part, text.as_str())).collect();
        assert_eq!(chunks, expected);
    }

    #[test]
    fn what_says_nothing_is_no_chunk() {
        assert_eq!(chunks_of(&content(" ", " \n\t\n")), Vec::new());
    }

    #[test]
    fn long_texts_are_cut_between_words_and_never_grow_beyond_what_is_kept() {
        let words = "word ".repeat(150);
        let pieces = pieces_of(&words);
        assert_eq!(pieces.iter().map(String::len).collect::<Vec<_>>(), [499, 249]);
        assert_eq!(pieces.join(" "), words.trim_end());

        let one_word = "ä".repeat(8_000);
        assert_eq!(chunks_of(&content("", &one_word)).len(), 16);
        let lines = "A line.\n".repeat(3_000);
        let chunks = chunks_of(&content(&one_word, &lines));
        assert_eq!(
            (chunks.len(), chunks[0].1.chars().count()),
            (MOST_CHUNKS, MOST_CHARS)
        );
        assert_eq!(start_of("word  word", 5), "word");
        assert_eq!(start_of("word word", 4), "word");
        assert_eq!(start_of("  word", 4), "  wo");
    }
}
