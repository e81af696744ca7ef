//! Argon2id and bcrypt.
//!
//! Costs of new hashes: 19 MiB, 2 passes, 1 lane (OWASP Password Storage Cheat Sheet). What nothing can match is verified
//! against a hash of the same cost, so that a caller cannot tell an unknown account from a wrong password.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::PasswordError;

/// Of the same cost as real ones; no password is known for it.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$dG91Y2hzdG9uZS1ub2JvZHk$3yO6q6kXw1J4n8m0d2f5h7j9l1z3x5c7v9b1n3m5q7w";
/// bcrypt does not look at what comes after them.
const BCRYPT_BYTES: usize = 72;
const BCRYPT_PREFIXES: [&str; 3] = ["$2a$", "$2b$", "$2y$"];

/// What came of comparing a password with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Whether it is the password.
    pub matches: bool,
    /// Whether the hash is weaker than those made now; to be replaced when the password matches.
    pub needs_upgrade: bool,
}

impl Verification {
    const NEVER: Self = Self {
        matches: false,
        needs_upgrade: false,
    };
}

pub(super) fn hash(password: &str) -> Result<String, PasswordError> {
    let hash = argon2()
        .hash_password(password.as_bytes())
        .map_err(PasswordError::Hashing)?;
    Ok(hash.to_string())
}

pub(super) fn verify(password: &str, hash: Option<&str>) -> Verification {
    let hash = hash.unwrap_or_default();
    if BCRYPT_PREFIXES.iter().any(|prefix| hash.starts_with(prefix)) {
        verify_bcrypt(password, hash)
    } else {
        verify_argon2(password, hash)
    }
    .unwrap_or_else(|| {
        // The answer is known; only the time is wanted.
        let _ = verify_argon2(password, NOBODYS_HASH);
        Verification::NEVER
    })
}

/// None when the text is no Argon2id hash.
fn verify_argon2(password: &str, hash: &str) -> Option<Verification> {
    let parsed = PasswordHash::new(hash).ok()?;
    if parsed.algorithm.as_str() != Algorithm::Argon2id.as_str() {
        return None;
    }
    let params = Params::try_from(&parsed).ok()?;
    let weaker = params.m_cost() < Params::DEFAULT.m_cost()
        || params.t_cost() < Params::DEFAULT.t_cost()
        || params.output_len() < Params::DEFAULT.output_len()
        || parsed.version != Some(Version::V0x13.into());
    Some(Verification {
        matches: argon2().verify_password(password.as_bytes(), &parsed).is_ok(),
        needs_upgrade: weaker,
    })
}

/// None when the text is no bcrypt hash.
fn verify_bcrypt(password: &str, hash: &str) -> Option<Verification> {
    let bytes = password.as_bytes();
    // A longer password is not cut to match: its end would not count. The time is spent all the same.
    let considered = &bytes[..bytes.len().min(BCRYPT_BYTES)];
    let is_whole = considered.len() == bytes.len();
    Some(Verification {
        matches: bcrypt::verify(considered, hash).ok()? && is_whole,
        needs_upgrade: true,
    })
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPGRADE: Verification = Verification {
        matches: true,
        needs_upgrade: true,
    };

    #[test]
    fn new_hashes_are_salted_and_of_the_recommended_cost() {
        let one = hash("correct horse").unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(hash("correct horse").unwrap(), one);
        let verified = verify("correct horse", Some(&one));
        assert_eq!((verified.matches, verified.needs_upgrade), (true, false));
        assert!(!verify("correct house", Some(&one)).matches);
    }

    #[test]
    fn weaker_argon2_hashes_match_and_ask_for_an_upgrade() {
        for (memory, passes) in [(8, 2), (19 * 1024, 1)] {
            let params = Params::new(memory, passes, 1, None).unwrap();
            let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let hash = weak.hash_password(b"correct horse").unwrap().to_string();
            assert_eq!(verify("correct horse", Some(&hash)), UPGRADE, "{hash}");
            assert!(!verify("correct house", Some(&hash)).matches);
        }
    }

    #[test]
    fn bcrypt_hashes_of_all_writers_match_and_ask_for_an_upgrade() {
        let parts = bcrypt::hash_with_result("correct horse", 4).unwrap();
        for version in [
            bcrypt::Version::TwoA,
            bcrypt::Version::TwoB,
            bcrypt::Version::TwoY,
        ] {
            let hash = parts.format_for_version(version);
            assert_eq!(verify("correct horse", Some(&hash)), UPGRADE, "{hash}");
            assert!(!verify("correct house", Some(&hash)).matches);
        }
    }

    #[test]
    fn a_password_that_bcrypt_would_cut_does_not_match() {
        let (whole, longer) = ("x".repeat(72), "x".repeat(73));
        let hash = bcrypt::hash(&whole, 4).unwrap();
        assert!(verify(&whole, Some(&hash)).matches);
        assert!(!verify(&longer, Some(&hash)).matches);
    }

    #[test]
    fn nothing_matches_what_is_no_hash() {
        let other_kind = "$argon2d$v=19$m=19456,t=2,p=1$dG91Y2hzdG9uZS1ub2JvZHk$\
            3yO6q6kXw1J4n8m0d2f5h7j9l1z3x5c7v9b1n3m5q7w";
        let texts = [
            "",
            "!",
            "not a hash",
            "$2b$",
            "$2b$99$short",
            "$argon2id$v=19$",
            other_kind,
        ];
        for text in texts {
            for password in ["", "!", "anything", text] {
                assert_eq!(verify(password, Some(text)), Verification::NEVER, "{text}");
            }
        }
        assert_eq!(verify("anything", None), Verification::NEVER);
    }

    #[test]
    fn nobodys_hash_costs_what_real_ones_cost() {
        let parsed = PasswordHash::new(NOBODYS_HASH).unwrap();
        let params = Params::try_from(&parsed).unwrap();
        assert_eq!(
            (params.m_cost(), params.t_cost(), params.p_cost()),
            (
                Params::DEFAULT.m_cost(),
                Params::DEFAULT.t_cost(),
                Params::DEFAULT.p_cost()
            )
        );
        let verified = verify_argon2("anything", NOBODYS_HASH);
        assert!(verified.is_some_and(|verified| !verified.matches && !verified.needs_upgrade));
    }
}
