//! Passwords: hashes that people cannot turn back, made and checked on threads of their own.
//!
//! New hashes are Argon2id; bcrypt hashes from elsewhere are accepted and are to be replaced at the next sign-in.

mod hashing;
mod policy;
mod pool;

use std::io;

pub use hashing::Verification;
pub use policy::{Weakness, check_password};
use pool::Pool;

/// Without 0 O 1 l I, which people mix up.
const ALPHABET: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Of 57 letters: more than 128 bits (OWASP ASVS 5.0, V11.5.1).
const GENERATED_LENGTH: usize = 23;

/// Why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The hashing library refused.
    #[error("the password could not be hashed")]
    Hashing(#[source] argon2::password_hash::Error),
    /// As many callers wait as may.
    #[error("too many passwords are being checked; try again in a moment")]
    Busy,
    /// The thread that worked on it is gone.
    #[error("the password hashing threads are not available")]
    Stopped,
}

/// Hashes and verifies passwords; each takes about 20 ms and 19 MiB.
pub struct PasswordHasher {
    pool: Pool,
}

impl PasswordHasher {
    /// On `threads` threads; `queue` callers may wait beside those that are worked on.
    pub fn start(threads: usize, queue: usize) -> io::Result<Self> {
        Ok(Self {
            pool: Pool::start(threads, queue)?,
        })
    }

    /// A PHC string with a random salt.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.pool.run(move || hashing::hash(&password)).await?
    }

    /// Whether the password is the one of `hash`. No hash (no such account) and one that is none (`!`, an account
    /// without a password) take as long as a wrong password and never match.
    pub async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<Verification, PasswordError> {
        self.pool
            .run(move || hashing::verify(&password, hash.as_deref()))
            .await
    }
}

/// Random characters, about 134 bits, easy to read out.
pub fn generate_password() -> String {
    let letter = |_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]);
    (0..GENERATED_LENGTH).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_are_long_and_differ() {
        let (one, other) = (generate_password(), generate_password());
        assert_eq!(one.len(), GENERATED_LENGTH);
        assert_ne!(one, other);
    }

    #[tokio::test]
    async fn a_hash_verifies_its_own_password_only() {
        let hasher = PasswordHasher::start(1, 4).unwrap();
        let hash = hasher.hash("correct horse".to_owned()).await.unwrap();
        for (password, matches) in [("correct horse", true), ("correct house", false)] {
            let verified = hasher
                .verify(password.to_owned(), Some(hash.clone()))
                .await
                .unwrap();
            assert_eq!(verified.matches, matches, "{password}");
        }
    }
}
