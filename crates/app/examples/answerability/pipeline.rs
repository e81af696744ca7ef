//! PDF bytes → text by page → items that passed the gate, as the service does it.

use anyhow::{Context as _, Result};
use domain::authoring::blueprint::Blueprint;
use domain::authoring::gate;
use domain::authoring::generator::{GeneratedAssessment, SourceText, generate};
use domain::authoring::item::ItemContent;
use domain::ids::SyllabusId;
use outbound::text_extraction::{ExtractorConfig, TextExtractor};
use testkit::handouts::handouts;
use uuid::Uuid;

/// Fixed, so that everybody sees the same items.
const SEED: u64 = 20;

/// A text as the generator gets it.
pub(crate) struct ReadHandout {
    pub(crate) name: &'static str,
    pub(crate) source: SourceText,
}

/// An item with the place it has in the list of blind answers.
pub(crate) struct MadeItem {
    pub(crate) handout: &'static str,
    pub(crate) hash: String,
    pub(crate) content: ItemContent,
}

impl MadeItem {
    /// Enough of the hash to name the item.
    pub(crate) fn id(&self) -> &str {
        &self.hash[..10]
    }
}

/// The text of the three PDFs, read by the service's own child process.
pub(crate) async fn read_handouts() -> Result<Vec<ReadHandout>> {
    let extractor = TextExtractor::new(ExtractorConfig::for_this_program()?);
    let mut read = Vec::new();
    for (number, handout) in (1..).zip(handouts()) {
        let file = format!("{}.pdf", handout.name);
        let text = extractor
            .extract(&file, &handout.pdf)
            .await
            .with_context(|| format!("reading {file}"))?;
        let source = SourceText {
            syllabus_id: SyllabusId(Uuid::from_u128(number)),
            subject: handout.subject.to_owned(),
            pages: text.pages,
        };
        read.push(ReadHandout {
            name: handout.name,
            source,
        });
    }
    Ok(read)
}

/// What the default blueprint makes of each text.
pub(crate) fn items_of(handouts: &[ReadHandout]) -> Result<Vec<MadeItem>> {
    let mut made = Vec::new();
    for handout in handouts {
        let items = generated(handout)?
            .sections
            .into_iter()
            .flat_map(|section| section.items);
        made.extend(items.map(|content| MadeItem {
            handout: handout.name,
            hash: gate::content_hash(&content),
            content,
        }));
    }
    Ok(made)
}

/// Assessment, refused items and coverage of one text.
pub(crate) fn generated(handout: &ReadHandout) -> Result<GeneratedAssessment> {
    generate(std::slice::from_ref(&handout.source), &Blueprint::default(), SEED)
        .with_context(|| format!("generating from {}", handout.name))
}
