//! Whose requests are counted together.

use domain::ids::UserId;
use domain::rate_limits::SignInSubject;

/// Longest name of a caller, in characters: nobody fills the memory with long ones.
const LONGEST: usize = 64;

/// Names a caller, in a short text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bucket(String);

impl Bucket {
    /// An account, or the account of an API key.
    pub fn principal(id: UserId) -> Self {
        Self(id.to_string())
    }

    /// A network address, as the edge writes those who share one.
    pub fn address(text: &str) -> Self {
        Self(text.chars().take(LONGEST).collect())
    }

    /// The email address of a sign-in.
    pub fn account(subject: &SignInSubject) -> Self {
        Self(subject.as_str().to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_apart() {
        assert_eq!(Bucket::address("192.0.2.7"), Bucket::address("192.0.2.7"));
        assert_ne!(Bucket::address("192.0.2.7"), Bucket::address("192.0.2.8"));
        assert_eq!(Bucket::address(&"x".repeat(1000)).as_str().len(), LONGEST);
        let subject = SignInSubject::of("somebody@school.test");
        assert_eq!(Bucket::account(&subject).as_str(), subject.as_str());
    }
}
