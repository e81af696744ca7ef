//! Rows 4 to 6: an API server dies, or its reply is lost, around the commit of a submission.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::books::Books;
use crate::candidate::{Candidate, Doors, Sitting};
use crate::checker::{self, check};
use crate::node::{Node, Role};
use crate::outcome::Outcome;
use crate::proxy::{Mode, Proxy};
use crate::stage::{Ground, Plan, Stage};
use crate::waiting::until_true;

const SOON: Duration = Duration::from_secs(30);

/// After the commit: the repetition is answered the same, and the jobs run although nobody was told of them.
pub(crate) async fn killed_after_commit(ground: &Ground) -> Result<Outcome> {
    killed(ground, "published", "idempotency.before_reply", true).await
}

/// Before the commit: nothing has happened, and the repetition makes it happen.
pub(crate) async fn killed_before_commit(ground: &Ground) -> Result<Outcome> {
    killed(ground, "uncommitted", "idempotency.before_commit", false).await
}

async fn killed(ground: &Ground, name: &str, point: &str, committed: bool) -> Result<Outcome> {
    let mut stage = Stage::open(ground, name, Plan::counting(1, 1)).await?;
    let mut scene = Scene::set(&stage, name).await?;
    let cycles = ground.form(50, 3);
    let mut recovery = Vec::new();
    for _ in 0..cycles {
        let mut sitting = scene.sitting().await?;
        let armed = stage
            .start(Role::Api, &[("TOUCHSTONE_FAILPOINTS", point)])
            .await?;
        scene.enter(&armed)?;
        submit_and_kill(&scene, &sitting, armed, point).await?;
        let left = rows_of(&stage, &sitting).await?;
        let expected = if committed { (1, 1) } else { (0, 0) };
        ensure!(
            left == expected,
            "the killed process left (submissions, evaluations) = {left:?}"
        );
        let killed_at = Instant::now();
        scene.leave()?;
        if committed {
            scored(&stage, &sitting).await?;
            recovery.push(killed_at.elapsed());
        }
        scene.repeat(&mut sitting, committed).await?;
    }
    let verdict = check(&stage, Some(&scene.doors.books)).await?;
    checker::no_dead_letters(&stage).await?;
    Ok(Outcome::of(cycles, verdict).recovered(recovery))
}

/// The submission hangs at the point and is never answered.
async fn submit_and_kill(scene: &Scene, sitting: &Sitting, armed: Node, point: &str) -> Result<()> {
    let request = scene.candidate.submission(sitting);
    let killing = async {
        until_true("the point to be reached", SOON, async || {
            Ok(armed.logged()?.contains(point))
        })
        .await?;
        armed.kill().await
    };
    let (reply, killed) = tokio::join!(scene.doors.once(&request), killing);
    killed?;
    ensure!(reply.is_none(), "a killed server answered");
    Ok(())
}

/// Row 6: the commit happens, the reply gets lost on the way.
pub(crate) async fn reply_lost(ground: &Ground) -> Result<Outcome> {
    let stage = Stage::open(ground, "unanswered", Plan::counting(1, 1)).await?;
    let mut scene = Scene::set(&stage, "unanswered").await?;
    let address = stage.apis[0]
        .address
        .as_deref()
        .context("a server has an address")?;
    let proxy = Proxy::open(address.parse::<SocketAddr>()?, ground.chance("unanswered")).await?;
    let cycles = ground.rounds(200);
    for _ in 0..cycles {
        let mut sitting = scene.sitting().await?;
        scene
            .bases
            .send_replace(vec![format!("http://127.0.0.1:{}/api/v1", proxy.port())]);
        proxy.set(Mode::LoseReplies);
        let reply = scene.doors.once(&scene.candidate.submission(&sitting)).await;
        ensure!(reply.is_none(), "the reply was not lost");
        proxy.set(Mode::Pass);
        scene.repeat(&mut sitting, true).await?;
        scene.leave()?;
    }
    let lost = proxy.lost_replies();
    ensure!(lost >= u64::from(cycles), "{lost} replies were lost");
    let verdict = check(&stage, Some(&scene.doors.books)).await?;
    Ok(Outcome::of(cycles, verdict))
}

/// A candidate before the door of the stage's server.
struct Scene {
    bases: watch::Sender<Vec<String>>,
    usual: Vec<String>,
    doors: Doors,
    candidate: Candidate,
}

impl Scene {
    async fn set(stage: &Stage<'_>, name: &str) -> Result<Self> {
        let usual = stage.doors()?;
        let (bases, doors) = Doors::open(usual.clone(), Arc::new(Books::default()))?;
        let candidate = Candidate::register(&doors, "candidate", stage.ground.chance(name)).await?;
        Ok(Self {
            bases,
            usual,
            doors,
            candidate,
        })
    }

    /// A further attempt with some answers.
    async fn sitting(&mut self) -> Result<Sitting> {
        let mut sitting = self.candidate.start().await?;
        for _ in 0..3 {
            self.candidate.save(&mut sitting).await?;
        }
        Ok(sitting)
    }

    fn enter(&self, armed: &Node) -> Result<()> {
        let address = armed.address.as_deref().context("a server has an address")?;
        self.bases.send_replace(vec![format!("http://{address}/api/v1")]);
        Ok(())
    }

    fn leave(&self) -> Result<()> {
        self.bases.send(self.usual.clone()).context("the doors are open")
    }

    /// Sends the submission again, twice.
    async fn repeat(&self, sitting: &mut Sitting, first_replayed: bool) -> Result<()> {
        for replayed in [first_replayed, true] {
            let reply = self.doors.insist(&self.candidate.submission(sitting)).await?;
            ensure!(
                (reply.status, reply.replayed) == (202, replayed),
                "the repetition was answered {} (replayed: {}): {}",
                reply.status,
                reply.replayed,
                reply.body
            );
        }
        self.doors.books.acknowledge();
        sitting.attempt.submitted = true;
        self.doors.books.close(sitting.attempt.clone());
        Ok(())
    }
}

/// Submissions and evaluations of the attempt.
async fn rows_of(stage: &Stage<'_>, sitting: &Sitting) -> Result<(i64, i64)> {
    let id = sitting.attempt.id;
    let submitted = format!("attempts WHERE id = '{id}' AND submitted_at IS NOT NULL");
    let jobs = format!("jobs WHERE subject_id = '{id}' AND kind = 'evaluate_attempt'");
    Ok((stage.sql.count(&submitted).await?, stage.sql.count(&jobs).await?))
}

async fn scored(stage: &Stage<'_>, sitting: &Sitting) -> Result<()> {
    let scored = format!(
        "attempts WHERE id = '{}' AND scored_at IS NOT NULL",
        sitting.attempt.id
    );
    until_true("the attempt to be scored", SOON, async || {
        Ok(stage.sql.count(&scored).await? == 1)
    })
    .await
}
