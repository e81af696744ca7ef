//! The same with language models, which are asked about many rows at a time.

use std::fs::File;
use std::pin::pin;
use std::sync::Arc;

use domain::scoring::local::TextScorer;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};

use super::answers::{Answers, WANTED};
use super::{Counts, GradeArgs, GradeError, bar, cells, rubrics};
use crate::cli::judging::{Panel, TextToJudge};
use crate::cli::table::{Row, Table};

/// Rows that are read together.
const BATCH: usize = 64;

/// A row, and how many bytes of the table have been read with it.
type Read = (Row, TextToJudge, u64);

/// Reads, judges and writes to `file`, row by row.
pub(super) async fn grade(
    arguments: GradeArgs,
    scorer: Arc<dyn TextScorer>,
    file: File,
    panel: &Panel,
) -> Result<(Counts, File), GradeError> {
    let who = panel.who();
    // Standard input may be waited for.
    let opening = apart(move || {
        let rubric = arguments.rubric.as_deref().map(rubrics::from_file).transpose()?;
        let table = Table::open(&arguments.input, &WANTED)?;
        let (output, bar) = (cells::Writer::new(file, &table, who)?, bar(&table));
        let answers = Answers::new(table, scorer, (arguments.marks, rubric));
        Ok((output, bar, answers))
    });
    let (mut output, bar, answers) = opening.await?;
    let mut counts = Counts::default();
    let judged = rows(answers).map(|read| async move {
        let (row, text, bytes) = read?;
        Ok::<_, GradeError>((row, panel.judge(text).await?, bytes))
    });
    let mut judged = pin!(judged.buffered(panel.at_once()));
    while let Some(next) = judged.next().await {
        let (row, opinions, bytes) = next?;
        let ruling = output.write_opinions(&row, &opinions, (who, panel.thresholds()))?;
        counts.add(&ruling.verdict);
        opinions.count(&mut counts.unjudged);
        bar.set_position(bytes);
        let answers = counts.graded + counts.ungraded;
        bar.set_message(format!("{answers} answers, {}", panel.billed()));
    }
    bar.finish_and_clear();
    Ok((counts, output.finish()?))
}

fn rows(answers: Answers) -> impl Stream<Item = Result<Read, GradeError>> {
    let batches = stream::try_unfold(answers, |mut answers: Answers| async move {
        let reading = apart(move || {
            let batch = answers.batch(BATCH)?;
            Ok((batch, answers))
        });
        let (batch, answers) = reading.await?;
        let bytes = answers.bytes_read();
        let rows: Vec<_> = batch
            .into_iter()
            .map(|(row, text)| Ok((row, text, bytes)))
            .collect();
        let next = (!rows.is_empty()).then(|| (stream::iter(rows), answers));
        Ok::<_, GradeError>(next)
    });
    batches.try_flatten()
}

/// Work that may block, on a thread for such.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, GradeError> + Send + 'static,
) -> Result<T, GradeError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
