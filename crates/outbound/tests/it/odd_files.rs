//! Every odd file through the reader: text or a reason, and never a failure of the server.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use outbound::text_extraction::{ExtractError, ExtractedText, ExtractorConfig, TextExtractor};
use testkit::odd_files::{self, OddFile};
use tokio::task::JoinSet;

/// Readers at once; the tests of a small machine run beside each other.
const READERS: usize = 2;

/// Bombs get less time than in service, but all the memory: they are to be refused either way.
const TIME_FOR_BOMBS: Duration = Duration::from_secs(2);

/// A reason is a sentence.
const MOST_REASON_BYTES: usize = 500;

fn deviation(file: &OddFile, outcome: &Result<ExtractedText, ExtractError>) -> Option<String> {
    match outcome {
        Ok(text) => file.deviation(Ok(&text.pages)),
        Err(error) if error.to_string().len() > MOST_REASON_BYTES => Some(format!("{}: {error}", file.name)),
        Err(error) => file.deviation(Err(error.code())),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_odd_file_gives_text_or_a_reason() {
    let config = ExtractorConfig::for_program(PathBuf::from(env!("CARGO_BIN_EXE_pdf-text-child")));
    let in_service = Arc::new(TextExtractor::new(config.clone()));
    let for_bombs = Arc::new(TextExtractor::new(ExtractorConfig {
        wall: TIME_FOR_BOMBS,
        ..config
    }));
    let files = odd_files::all();
    let count = files.len();
    let queue = Arc::new(Mutex::new(files.into_iter()));
    let next = |queue: &Mutex<std::vec::IntoIter<OddFile>>| {
        queue.lock().unwrap_or_else(PoisonError::into_inner).next()
    };
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let (queue, in_service, for_bombs) = (
            Arc::clone(&queue),
            Arc::clone(&in_service),
            Arc::clone(&for_bombs),
        );
        readers.spawn(async move {
            let (mut read, mut deviations) = (0, Vec::new());
            while let Some(file) = next(&queue) {
                let extractor = if file.expensive { &for_bombs } else { &in_service };
                let outcome = extractor.extract(&file.name, &file.bytes).await;
                read += 1;
                deviations.extend(deviation(&file, &outcome));
            }
            (read, deviations)
        });
    }
    let (mut read, mut deviations) = (0, Vec::new());
    for (by_one, more) in readers.join_all().await {
        read += by_one;
        deviations.extend(more);
    }
    assert!(deviations.is_empty(), "{deviations:#?}");
    assert_eq!(read, count);
}
