//! Numbers in texts, as digits and as words.

/// Small numbers as words.
const NUMBER_WORDS: [&str; 13] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
];

/// The number a word of a text in [`normal`] form stands for: `365`, `8kb`, `three`. `None` for other words.
pub(super) fn number_of(word: &str) -> Option<f64> {
    let digits: String = word
        .chars()
        .take_while(|letter| letter.is_ascii_digit() || *letter == '.')
        .collect();
    if !digits.is_empty() {
        return digits.trim_end_matches('.').parse().ok();
    }
    let place = NUMBER_WORDS.iter().position(|known| *known == word)?;
    u32::try_from(place).ok().map(f64::from)
}

/// Whether two numbers are the same but for the last digits of their binary form.
pub(super) fn same_number(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_digits_words_and_with_units() {
        let read = ["365", "3.5", "8kb", "three", "tree", ""].map(number_of);
        assert_eq!(read, [Some(365.0), Some(3.5), Some(8.0), Some(3.0), None, None]);
        assert!(same_number(0.1 + 0.2, 0.3) && !same_number(1.0, 1.1));
    }
}
