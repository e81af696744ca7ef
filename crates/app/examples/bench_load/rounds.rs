//! Comparisons: rounds of as many requests as possible by a few clients, each sending when its last one was answered.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::connections::Connections;
use crate::histogram::Histogram;

/// What a round achieved.
pub(crate) struct Round {
    /// Requests per second.
    pub(crate) rate: f64,
    pub(crate) requests: f64,
    pub(crate) latency: Histogram,
}

/// Who asks for what.
pub(crate) trait Asking {
    /// The next request of a client.
    fn next(&self) -> Vec<u8>;
}

/// Lets `clients` ask for so long. Runs within a `LocalSet`; an answer that is no success is an error.
pub(crate) async fn round(
    connections: &Rc<Connections>,
    asking: &Rc<dyn Asking>,
    clients: u32,
    time: Duration,
) -> Result<Round> {
    let began = Instant::now();
    let refused = Rc::new(Cell::new(0_u64));
    let latency = Rc::new(RefCell::new(Histogram::default()));
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let (connections, asking) = (Rc::clone(connections), Rc::clone(asking));
        let (refused, latency) = (Rc::clone(&refused), Rc::clone(&latency));
        running.spawn_local(async move {
            while began.elapsed() < time {
                let sent = Instant::now();
                match connections.send(&asking.next()).await {
                    Ok(reply) if (200..300).contains(&reply.status) => {
                        latency.borrow_mut().add(sent.elapsed());
                    }
                    Ok(_) | Err(_) => refused.set(refused.get() + 1),
                }
            }
        });
    }
    while running.join_next().await.is_some() {}
    ensure!(refused.get() == 0, "{} requests did not succeed", refused.get());
    let latency = latency.take();
    #[expect(clippy::cast_precision_loss, reason = "counts of requests")]
    let requests = latency.total() as f64;
    Ok(Round {
        rate: requests / began.elapsed().as_secs_f64(),
        requests,
        latency,
    })
}

/// Samples by name, printed as `name<TAB>unit<TAB>sample,sample,…`.
#[derive(Default)]
pub(crate) struct Figures(Vec<(String, &'static str, Vec<f64>)>);

impl Figures {
    /// One more sample.
    pub(crate) fn push(&mut self, name: &str, unit: &'static str, sample: f64) {
        match self
            .0
            .iter_mut()
            .find(|(known, of, _)| known == name && *of == unit)
        {
            Some((_, _, samples)) => samples.push(sample),
            None => self.0.push((name.to_owned(), unit, vec![sample])),
        }
    }

    /// Prints all.
    #[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
    pub(crate) fn print(&self) {
        for (name, unit, samples) in &self.0 {
            let samples: Vec<String> = samples.iter().map(|sample| format!("{sample:.3}")).collect();
            println!("{name}\t{unit}\t{}", samples.join(","));
        }
    }
}
