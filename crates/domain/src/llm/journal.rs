//! What names a call, so that a rerun finds the answer that was paid for, and what is derived from that name.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::model::ModelName;

/// What a call was made for. Two calls of one key ask the same, and the second one takes the first one's answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallKey {
    /// What the answer is for: `score_text`.
    pub purpose: &'static str,
    /// What it is about, by ids: an attempt and an item version, for example.
    pub subject: String,
    /// The version of the prompt file.
    pub prompt_version: &'static str,
    /// Who is asked.
    pub model: ModelName,
    /// Which independent answer this is, from 0.
    pub sample: u32,
    /// 0 is the first question, 1 the re-ask after an answer that could not be used.
    pub round: u32,
    /// SHA-256 of all that is asked, before anything is derived from this key: [`input_hash`].
    pub input: [u8; 32],
}

/// SHA-256 over parts, each with its length before it, so that no two lists of parts are the same bytes.
pub fn input_hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(length(part));
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

fn length(part: &str) -> [u8; 8] {
    u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()
}

impl CallKey {
    /// SHA-256 of the key in lower-case hexadecimal: its name in the journal, and no text of anybody.
    pub fn digest(&self) -> String {
        hexadecimal(&input_hash(self.parts().iter().map(String::as_str)))
    }

    fn parts(&self) -> [String; 8] {
        [
            self.purpose.to_owned(),
            self.subject.clone(),
            self.prompt_version.to_owned(),
            self.model.provider.clone(),
            self.model.model.clone(),
            self.sample.to_string(),
            self.round.to_string(),
            hexadecimal(&self.input),
        ]
    }

    /// The key without its round: a re-ask is in the same words as what it follows.
    fn of_first_round(&self) -> Self {
        Self {
            round: 0,
            ..self.clone()
        }
    }
}

/// The deployment's secret, from which nobody who writes an answer can know the boundary it will stand in.
#[derive(Clone)]
pub struct JournalSecret(Zeroizing<[u8; 32]>);

impl JournalSecret {
    /// 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// One that follows from another secret of the deployment and tells nothing about it.
    pub fn derived_from(secret: &[u8; 32]) -> Self {
        Self(Zeroizing::new(mac(secret, ["touchstone", "llm journal"])))
    }

    /// Chances for one call and its re-ask: the same for the same key, and not to be guessed without the secret.
    pub fn seed(&self, key: &CallKey) -> CallSeed {
        CallSeed {
            secret: self.clone(),
            digest: key.of_first_round().digest(),
        }
    }
}

/// See [`JournalSecret::seed`].
pub struct CallSeed {
    secret: JournalSecret,
    digest: String,
}

impl CallSeed {
    /// 128 bits in lower-case hexadecimal for one use.
    pub fn word(&self, usage: &str) -> String {
        hexadecimal(&self.bytes(usage)[..16])
    }

    /// A number for one use.
    pub fn number(&self, usage: &str) -> u64 {
        let bytes = self.bytes(usage);
        bytes[..8]
            .iter()
            .fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    fn bytes(&self, usage: &str) -> [u8; 32] {
        mac(&self.secret.0, [usage, &self.digest])
    }
}

/// HMAC-SHA-256 over parts, each with its length before it.
fn mac(secret: &[u8; 32], parts: [&str; 2]) -> [u8; 32] {
    // A block of SHA-256 as key: shorter keys are padded with zeros to one.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(secret);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    for part in parts {
        mac.update(&length(part));
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
    bytes.iter().flat_map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CallKey {
        CallKey {
            purpose: "score_text",
            subject: "attempt/item".to_owned(),
            prompt_version: "score-text-1",
            model: ModelName {
                provider: "openai".to_owned(),
                model: "gpt-4o-mini".to_owned(),
            },
            sample: 0,
            round: 0,
            input: input_hash(["question", "answer"]),
        }
    }

    #[test]
    fn whatever_changes_gives_another_name() {
        let mut others = vec![key(); 7];
        others[0].purpose = "generate";
        others[1].subject.push('2');
        others[2].prompt_version = "score-text-2";
        others[3].model.model.push('2');
        others[4].sample = 1;
        others[5].round = 1;
        others[6].input = input_hash(["questiona", "nswer"]);
        let digest = key().digest();
        assert_eq!((digest.len(), &digest), (64, &key().digest()));
        assert!(others.iter().all(|other| other.digest() != digest));
    }

    #[test]
    fn a_re_ask_has_the_boundary_of_what_it_follows_and_another_sample_has_not() {
        let secret = JournalSecret::new([7; 32]);
        let of = |key: &CallKey| secret.seed(key).word("boundary");
        let re_ask = CallKey { round: 1, ..key() };
        let sample = CallKey { sample: 1, ..key() };
        assert_eq!(of(&key()), of(&re_ask));
        assert_ne!(of(&key()), of(&sample));
        assert_ne!(
            of(&key()),
            JournalSecret::new([8; 32]).seed(&key()).word("boundary")
        );
        assert_ne!(of(&key()), secret.seed(&key()).word("canary"));
        assert_eq!(of(&key()).len(), 32);
        assert_ne!(
            secret.seed(&key()).number("order"),
            secret.seed(&sample).number("order")
        );
    }
}
