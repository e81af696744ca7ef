//! Argon2id off the async threads, a few at a time.
//!
//! Costs: 19 MiB, 2 passes, 1 lane (OWASP Password Storage Cheat Sheet). An unknown account costs a caller the same time as
//! a wrong password, because a hash that nothing matches is verified instead.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Of the same cost as real ones; no password is known for it.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$dG91Y2hzdG9uZS1ub2JvZHk$3yO6q6kXw1J4n8m0d2f5h7j9l1z3x5c7v9b1n3m5q7w";
/// Without 0 O 1 l I, which people mix up.
const ALPHABET: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const GENERATED_LENGTH: usize = 20;

/// Why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The hashing library refused.
    #[error("the password could not be hashed")]
    Hashing(#[source] argon2::password_hash::Error),
    /// The pool of hashing threads is gone.
    #[error("the password hashing threads are not available")]
    Stopped(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Hashes and verifies passwords; each takes about 20 ms and 19 MiB.
#[derive(Clone)]
pub struct PasswordHasher {
    permits: Arc<Semaphore>,
}

impl PasswordHasher {
    /// At most `parallelism` at once; others wait.
    pub fn new(parallelism: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(parallelism)),
        }
    }

    /// A PHC string with a random salt.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.run(move || {
            let hash = argon2()
                .hash_password(password.as_bytes())
                .map_err(PasswordError::Hashing)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password is the one of `hash`; `None` (no such account) takes as long and is false.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODYS_HASH.to_owned());
            let parsed = PasswordHash::new(&hash).map_err(|error| PasswordError::Hashing(error.into()))?;
            Ok(argon2().verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|error| PasswordError::Stopped(error.into()))?;
        // The permit goes along: a request that is given up does not make room for another before its thread is done.
        let done = tokio::task::spawn_blocking(move || {
            let _held = permit;
            work()
        });
        done.await.map_err(|error| PasswordError::Stopped(error.into()))?
    }
}

/// Twenty random characters, about 116 bits, easy to read out.
pub fn generate_password() -> String {
    let letter = |_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]);
    (0..GENERATED_LENGTH).map(letter).collect()
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_verifies_its_own_password_only_and_is_salted() {
        let hasher = PasswordHasher::new(2);
        let hash = hasher.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(
            hasher
                .verify("correct horse".to_owned(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !hasher
                .verify("correct house".to_owned(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert_ne!(hasher.hash("correct horse".to_owned()).await.unwrap(), hash);
    }

    #[tokio::test]
    async fn nobodys_hash_is_verified_at_full_cost_and_matches_nothing() {
        let parsed = PasswordHash::new(NOBODYS_HASH).unwrap();
        assert_eq!(
            Params::try_from(&parsed).unwrap().m_cost(),
            Params::DEFAULT.m_cost()
        );
        assert_eq!(
            Params::try_from(&parsed).unwrap().t_cost(),
            Params::DEFAULT.t_cost()
        );
        assert!(
            !PasswordHasher::new(1)
                .verify("anything".to_owned(), None)
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn a_hash_that_is_none_is_an_error_and_not_a_wrong_password() {
        let refused = PasswordHasher::new(1)
            .verify("x".to_owned(), Some("not a hash".to_owned()))
            .await;
        assert!(matches!(refused, Err(PasswordError::Hashing(_))));
    }

    #[test]
    fn generated_passwords_are_long_and_differ() {
        let (one, other) = (generate_password(), generate_password());
        assert_eq!(one.len(), GENERATED_LENGTH);
        assert_ne!(one, other);
    }
}
