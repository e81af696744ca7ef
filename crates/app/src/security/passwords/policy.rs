//! Which passwords are refused: short ones, and those that are tried first by whoever guesses.
//!
//! Not asked for: kinds of characters, which make people write `Password1!` (NIST SP 800-63B). Instead everything that a
//! guesser tries first is taken out (common words, the account's own names, runs and repetitions, digits and
//! punctuation around them), and something has to be left.

use crate::config::AuthConfig;

/// What is read and hashed at most; also the limit of the contract.
const MAX_CHARACTERS: usize = 1024;
/// Enough when that many letters are left …
const LETTERS_LEFT: usize = 4;
/// … or that many characters of any kind.
const CHARACTERS_LEFT: usize = 8;
/// Fewer different characters are a pattern, however long the password is.
const MIN_DIFFERENT: usize = 4;
/// Shorter names are found in any text.
const MIN_NAME: usize = 3;
/// Neighbours in one of [`TRACKS`] that count as a run.
const MIN_RUN: usize = 3;
/// Longest text whose repetition counts as one.
const MAX_UNIT: usize = 6;
/// Stands where something was taken out, so that its neighbours do not become a word.
const GAP: char = '\0';
/// Alphabet, digits and keyboards; walked in both directions.
const TRACKS: [&str; 9] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
];
/// Without digits for letters, which are taken for letters.
const COMMON_WORDS: [&str; 42] = [
    "touchstone",
    "password",
    "passwort",
    "passwd",
    "passphrase",
    "motdepasse",
    "contrasena",
    "parola",
    "senha",
    "letmein",
    "changeme",
    "changeit",
    "default",
    "welcome",
    "willkommen",
    "bienvenue",
    "administrator",
    "administrador",
    "admin",
    "root",
    "superuser",
    "student",
    "teacher",
    "advisor",
    "school",
    "secret",
    "geheim",
    "login",
    "master",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "dragon",
    "monkey",
    "hello",
    "spring",
    "summer",
    "autumn",
    "winter",
    "sommer",
];

/// Why a password is refused. `Display` is for whoever chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer characters than the setting asks for.
    #[error("must have at least {0} characters")]
    TooShort(usize),
    /// More characters than are read.
    #[error("must have at most {MAX_CHARACTERS} characters")]
    TooLong,
    /// Little besides neighbouring characters, or the same again and again.
    #[error("is a run or repetition of characters, which is guessed easily; use several unrelated words")]
    Pattern,
    /// Little besides the account's address or name.
    #[error("is made of your own address or name, which is guessed easily; use several unrelated words")]
    OwnName,
    /// Little besides words that everybody tries.
    #[error("is one of the passwords that are tried first; use several unrelated words")]
    Common,
}

/// Refuses a password that is too short, too long or guessed at once.
pub fn check_password(
    password: &str,
    email: &str,
    display_name: &str,
    config: &AuthConfig,
) -> Result<(), Weakness> {
    let length = password.chars().count();
    if length < config.password_min_length {
        return Err(Weakness::TooShort(config.password_min_length));
    }
    if length > MAX_CHARACTERS {
        return Err(Weakness::TooLong);
    }
    let text: Vec<char> = password.chars().flat_map(char::to_lowercase).collect();
    let mut left = text.clone();
    take_out_runs(&mut left);
    if is_repetition(&text) || !is_enough(&left) {
        return Err(Weakness::Pattern);
    }
    take_out_words(&mut left, &own_names(email, display_name));
    if !is_enough(&left) {
        return Err(Weakness::OwnName);
    }
    take_out_words(&mut left, &COMMON_WORDS.map(letters));
    if is_enough(&left) {
        Ok(())
    } else {
        Err(Weakness::Common)
    }
}

fn is_enough(left: &[char]) -> bool {
    let left = || left.iter().filter(|&&c| c != GAP && !c.is_whitespace());
    left().filter(|c| c.is_alphabetic()).count() >= LETTERS_LEFT || left().count() >= CHARACTERS_LEFT
}

/// Whether few different characters or a short text make up the whole.
fn is_repetition(text: &[char]) -> bool {
    let mut different = text.to_vec();
    different.sort_unstable();
    different.dedup();
    let repeats =
        |unit: usize| text.len() >= 2 * unit && text.iter().skip(unit).eq(&text[..text.len() - unit]);
    different.len() < MIN_DIFFERENT || (1..=MAX_UNIT).any(repeats)
}

/// Takes out what walks along a track. The longest run from each place counts.
fn take_out_runs(text: &mut [char]) {
    let tracks: Vec<Vec<char>> = TRACKS
        .iter()
        .flat_map(|track| [track.chars().collect(), track.chars().rev().collect()])
        .collect();
    let run = |rest: &[char], track: &Vec<char>| {
        let from = |start: usize| {
            rest.iter()
                .zip(&track[start..])
                .take_while(|(a, b)| a == b)
                .count()
        };
        (0..track.len()).map(from).max().unwrap_or(0)
    };
    let mut place = 0;
    while place < text.len() {
        let longest = tracks
            .iter()
            .map(|track| run(&text[place..], track))
            .max()
            .unwrap_or(0);
        if longest >= MIN_RUN {
            text[place..place + longest].fill(GAP);
        }
        place += if longest >= MIN_RUN { longest } else { 1 };
    }
}

/// Takes out these words, also where digits and signs stand for letters.
fn take_out_words(text: &mut [char], words: &[Vec<char>]) {
    for word in words {
        let mut place = 0;
        while place + word.len() <= text.len() {
            let here = &mut text[place..place + word.len()];
            if here.iter().zip(word).all(|(&c, &letter)| stands_for(c, letter)) {
                here.fill(GAP);
            }
            place += 1;
        }
    }
}

/// Whether people write `c` for `letter`.
fn stands_for(c: char, letter: char) -> bool {
    let signs = match letter {
        'a' => "4@",
        'b' => "8",
        'e' => "3",
        'g' => "9",
        'i' => "1!",
        'l' => "1",
        'o' => "0",
        's' => "5$",
        't' => "7",
        _ => "",
    };
    c == letter || signs.contains(c)
}

/// Address and name with their parts, the longest first.
fn own_names(email: &str, display_name: &str) -> Vec<Vec<char>> {
    let (local, host) = email.split_once('@').unwrap_or((email, ""));
    let whole = [local, host, display_name];
    let parts = whole
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let together = display_name.split_whitespace().collect::<String>();
    let mut names: Vec<Vec<char>> = parts
        .chain(whole.iter().copied())
        .chain([together.as_str()])
        .map(|name| letters(&name.to_lowercase()))
        .filter(|name| name.len() >= MIN_NAME)
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names
}

fn letters(word: &str) -> Vec<char> {
    word.chars().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::generate_password;

    fn checked(password: &str) -> Result<(), Weakness> {
        check_password(
            password,
            "ada.lovelace@analytical.example",
            "Ada King-Noel",
            &AuthConfig::default(),
        )
    }

    #[test]
    fn length_is_asked_for_in_characters() {
        assert_eq!(checked("pferd öl"), Err(Weakness::TooShort(10)));
        assert_eq!(checked("öläßüpferdöl"), Ok(()));
        let long = "correct horse battery staple ".repeat(36);
        assert_eq!(checked(&long), Err(Weakness::TooLong));
    }

    #[test]
    fn patterns_are_refused() {
        for password in [
            "aaaaaaaaaaaa",
            "abababababab",
            "aabbaabbaacc",
            "horsehorse",
            "1234567890",
            "0987654321",
            "abcdefghijkl",
            "qwertyuiop",
            "QwertZuiop!",
            "asdfghjkl1",
            "1q2w3e4r5t6y",
            "abc123def456",
            "zyxwvutsrq",
            "..........",
        ] {
            assert_eq!(checked(password), Err(Weakness::Pattern), "{password}");
        }
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for password in [
            "Password1!",
            "P@ssw0rd2024",
            "passwort99",
            "touchstone1",
            "T0uchst0ne!",
            "letmein!!!",
            "admin-admin",
            "Welcome2025",
            "iloveyou<3",
            "MasterLogin",
            "Summer2024!",
            "administrator",
        ] {
            assert_eq!(checked(password), Err(Weakness::Common), "{password}");
        }
    }

    #[test]
    fn the_accounts_own_names_are_refused() {
        for password in [
            "ada.lovelace",
            "Lovelace1815",
            "l0vel4ce!!",
            "analytical1",
            "adakingnoel",
            "Ada King-Noel",
            "ada.lovelace@analytical.example",
        ] {
            assert_eq!(checked(password), Err(Weakness::OwnName), "{password}");
        }
        let short_name = check_password("jo horse battery", "jo@x.example", "Jo", &AuthConfig::default());
        assert_eq!(short_name, Ok(()));
    }

    #[test]
    fn unrelated_words_and_random_ones_are_accepted() {
        for password in [
            "correct horse battery",
            "vier Pferde 88",
            "expertparty",
            "8302991477",
            "правильная лошадь",
            "my password is long",
            "tr0ub4dor&3",
            "another secret thing",
        ] {
            assert_eq!(checked(password), Ok(()), "{password}");
        }
        for _ in 0..50 {
            assert_eq!(checked(&generate_password()), Ok(()));
        }
    }
}
