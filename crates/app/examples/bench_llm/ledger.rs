//! Whether the journal is the provider's bill, whatever becomes of calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use domain::scoring::llm::{Grading, Step};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, Statement};
use tokio::task::JoinSet;
use touchstone::llm::{About, Gateway, GatewayError};

use crate::Plan;
use crate::figures::{Figures, number};
use crate::ground::{self, Sample};
use crate::provider::{Manner, Provider, Seen};

const PLACES: usize = 16;
const DELAY: std::time::Duration = std::time::Duration::from_millis(20);

/// Calls by how they ended, with what is booked for them; micro-dollars.
const BOOKS: &str = "SELECT state, count(*) AS calls, CAST(sum(coalesce(cost, at_most)) AS BIGINT) AS booked
     FROM llm_calls GROUP BY state";
const DAY: &str = "SELECT CAST(sum(booked) AS BIGINT) AS booked FROM llm_days";

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> Result<()> {
    for round in 0..plan.rounds {
        let database = ground::database().await?;
        let mut provider = Provider::start(Manner::Moody, DELAY).await?;
        let gateway = Arc::new(ground::gateway(&provider, &database).await?);
        let (next, mut places) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
        for _ in 0..PLACES {
            let (gateway, next, all) = (Arc::clone(&gateway), Arc::clone(&next), plan.booked);
            places.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= all {
                        return anyhow::Ok(());
                    }
                    judge(&gateway, format!("{round}/{number}")).await?;
                }
            });
        }
        while let Some(place) = places.join_next().await {
            place??;
        }
        compare(&database.url, &provider.seen().await?, figures).await?;
    }
    Ok(())
}

/// One answer, until it is judged or the model cannot.
async fn judge(gateway: &Gateway, named: String) -> Result<()> {
    let (sample, secret) = (Sample::new(), ground::secret());
    let (task, offer) = (sample.task(), gateway.offers().first().context("an offer")?);
    let model = offer.model().name().clone();
    let mut grading = Grading::begin(&task, named, model, &secret, (&sample.local, 0.0));
    while let Step::Ask(asked) = grading.next() {
        match gateway
            .ask(offer, (&asked.key, &asked.request), About::default())
            .await
        {
            Ok(answer) => grading.answered(&answer.text),
            Err(GatewayError::NotYet { after }) => tokio::time::sleep(after).await,
            Err(GatewayError::Unavailable(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn compare(url: &str, seen: &[Seen], figures: &mut Figures) -> Result<()> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    let ask = |text: &str| Statement::from_string(connection.get_database_backend(), text);
    let (mut known, mut unknown) = ((0_i64, 0_i64), (0_i64, 0_i64));
    for row in connection.query_all_raw(ask(BOOKS)).await? {
        let state: String = row.try_get("", "state")?;
        ensure!(state != "reserved", "a call was never settled");
        let sum = if state == "unknown" {
            &mut unknown
        } else {
            &mut known
        };
        sum.0 += row.try_get::<i64>("", "calls")?;
        sum.1 += row.try_get::<i64>("", "booked")?;
    }
    let day = connection.query_one_raw(ask(DAY)).await?.context("a sum")?;
    let booked: i64 = day.try_get("", "booked")?;
    ensure!(booked == known.1 + unknown.1, "the day's books are {booked}");
    ensure!(
        known.0 + unknown.0 == i64::try_from(seen.len())?,
        "calls are missing in the journal"
    );
    let bill = |answered: bool| -> u64 {
        let of = seen.iter().filter(|one| one.answered == answered);
        of.map(|one| one.micro_dollars).sum()
    };
    let (answered, broken) = (i64::try_from(bill(true))?, i64::try_from(bill(false))?);
    let micro = |amount: i64| i32::try_from(amount).map_or(f64::INFINITY, f64::from);
    figures.push(
        "ledger: calls that ended in every way",
        "calls",
        number(seen.len()),
    );
    let name = "ledger: journal less the bill, calls whose end is known (goal 0)";
    figures.push(name, "µ$", micro(known.1 - answered));
    figures.push("ledger: calls whose end is not known", "calls", micro(unknown.0));
    let name = "ledger: booked for these beyond their bill (goal ≥ 0)";
    figures.push(name, "µ$", micro(unknown.1 - broken));
    Ok(())
}
