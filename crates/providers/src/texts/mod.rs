//! What candidates write to a grader in place of an answer, and answers that only look like it.

mod attacks;
mod honest;

pub use attacks::attacks;
pub use honest::HONEST_ANSWERS;

/// An attack before, within and after an answer of at least two sentences.
pub fn placements(attack: &str, answer: &str) -> [String; 3] {
    let (begin, end) = answer.split_once(". ").unwrap_or((answer, ""));
    [
        format!("{attack}\n{answer}"),
        format!("{begin}. {attack}\n{end}"),
        format!("{answer}\n{attack}"),
    ]
}
