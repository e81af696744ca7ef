//! The key by which two orders for the same assessment are recognised as one.

use sha2::{Digest, Sha256};

use super::super::blueprint::Blueprint;
use super::super::gate::hex;
use super::{GENERATOR_VERSION, SourceText};

/// SHA-256 (hex) of the sorted syllabus texts, the blueprint and the generator version; the order of syllabi, their ids and
/// their subjects do not count.
pub fn generation_key(sources: &[SourceText], blueprint: &Blueprint) -> String {
    let mut texts: Vec<String> = sources.iter().map(|source| source.pages.join("\u{c}")).collect();
    texts.sort();
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        // The length first, so that no two lists of parts read the same.
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text.as_bytes());
    };
    for text in &texts {
        part(text);
    }
    // A blueprint has no value that JSON cannot hold; should that change, its debug form still tells two apart.
    part(&serde_json::to_string(blueprint).unwrap_or_else(|_| format!("{blueprint:?}")));
    part(GENERATOR_VERSION);
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SyllabusId;

    fn source(id: u128, text: &str) -> SourceText {
        let syllabus_id = SyllabusId(uuid::Uuid::from_u128(id));
        SourceText {
            syllabus_id,
            subject: format!("Subject {id}"),
            pages: vec![text.to_owned()],
        }
    }

    #[test]
    fn order_and_ids_do_not_count_but_texts_and_blueprint_do() {
        let (one, two) = (source(1, "One."), source(2, "Two."));
        let blueprint = Blueprint::default();
        let key = generation_key(&[one.clone(), two.clone()], &blueprint);
        assert_eq!(key.len(), 64);
        assert_eq!(
            key,
            generation_key(&[source(7, "Two."), source(8, "One.")], &blueprint)
        );
        assert_ne!(key, generation_key(std::slice::from_ref(&one), &blueprint));
        let other = Blueprint {
            items_per_section: 7,
            ..Blueprint::default()
        };
        assert_ne!(key, generation_key(&[one, two], &other));
    }
}
