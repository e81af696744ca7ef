//! PDF bytes → text by page → items that passed the gate, as the service does it.

use std::path::Path;

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
    pub(crate) name: String,
    pub(crate) source: SourceText,
}

/// An item with the place it has in the list of blind answers.
pub(crate) struct MadeItem {
    pub(crate) handout: String,
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
    let extractor = extractor()?;
    let mut read = Vec::new();
    for handout in handouts() {
        let file = format!("{}.pdf", handout.name);
        let text = read_one(&extractor, &file, &handout.pdf, read.len()).await?;
        read.push(text.named(handout.name, handout.subject));
    }
    Ok(read)
}

/// The same for files of the caller, which are PDFs, `.txt` or `.md`.
pub(crate) async fn read_files(paths: &[&str]) -> Result<Vec<ReadHandout>> {
    let extractor = extractor()?;
    let mut read = Vec::new();
    for path in paths {
        let bytes = std::fs::read(path).with_context(|| format!("reading {path}"))?;
        read.push(read_one(&extractor, path, &bytes, read.len()).await?);
    }
    Ok(read)
}

fn extractor() -> Result<TextExtractor> {
    Ok(TextExtractor::new(ExtractorConfig::for_this_program()?))
}

async fn read_one(extractor: &TextExtractor, file: &str, bytes: &[u8], before: usize) -> Result<ReadHandout> {
    let text = extractor
        .extract(file, bytes)
        .await
        .with_context(|| format!("reading {file}"))?;
    let subject = Path::new(file)
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    Ok(ReadHandout {
        name: subject.clone(),
        source: SourceText {
            syllabus_id: SyllabusId(Uuid::from_u128(before as u128 + 1)),
            subject,
            pages: text.pages,
        },
    })
}

impl ReadHandout {
    fn named(mut self, name: &str, subject: &str) -> Self {
        name.clone_into(&mut self.name);
        subject.clone_into(&mut self.source.subject);
        self
    }
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
            handout: handout.name.clone(),
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
