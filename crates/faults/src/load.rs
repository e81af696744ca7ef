//! Candidates who take one assessment after the other for as long as a fault lasts.

use std::sync::Arc;

use anyhow::Result;
use futures::future::try_join_all;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::books::Books;
use crate::candidate::{Candidate, Doors};
use crate::chance::Chance;

/// Saves of one sitting.
const SAVES: u32 = 5;

/// Running candidates; they end their sittings when they are stopped.
pub(crate) struct Load {
    stop: watch::Sender<bool>,
    doors: watch::Sender<Vec<String>>,
    pub(crate) books: Arc<Books>,
    tasks: Vec<JoinHandle<Result<()>>>,
}

impl Load {
    /// Registers `candidates` people at these doors and lets them begin.
    pub(crate) async fn begin(bases: Vec<String>, candidates: usize, chance: &Chance) -> Result<Self> {
        let books = Arc::new(Books::default());
        let (sender, doors) = Doors::open(bases, Arc::clone(&books))?;
        let people = people(&doors, candidates, chance).await?;
        let (stop, stopped) = watch::channel(false);
        let sitting = people
            .into_iter()
            .map(|candidate| tokio::spawn(sit(candidate, stopped.clone())));
        Ok(Self {
            stop,
            doors: sender,
            books,
            tasks: sitting.collect(),
        })
    }

    /// The doors are others now.
    pub(crate) fn move_to(&self, bases: Vec<String>) {
        self.doors.send_replace(bases);
    }

    /// Lets everybody end what they began. What was refused for no good reason is an error.
    pub(crate) async fn end(self) -> Result<Arc<Books>> {
        self.stop.send_replace(true);
        for task in self.tasks {
            task.await??;
        }
        Ok(self.books)
    }
}

/// New candidates, registered one beside the other.
pub(crate) async fn people(doors: &Doors, count: usize, chance: &Chance) -> Result<Vec<Candidate>> {
    let register = |number: usize| {
        let mut own = chance.clone();
        for _ in 0..number {
            own.below(2);
        }
        async move { Candidate::register(doors, &format!("candidate-{number}"), own).await }
    };
    try_join_all((0..count).map(register)).await
}

async fn sit(mut candidate: Candidate, stopped: watch::Receiver<bool>) -> Result<()> {
    while !*stopped.borrow() {
        candidate.stay_signed_in().await?;
        candidate.sit(SAVES).await?;
    }
    Ok(())
}
