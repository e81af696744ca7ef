//! Requests that two programs in a row could read in two ways, and requests that are none: refused, once, and nothing that
//! hides behind them is answered.

mod table;

use anyhow::{Result, ensure};

use super::support::process::Server;
use table::shapes;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_two_readings_is_refused_once_and_hides_nothing() {
    check_shapes().await.unwrap();
}

async fn check_shapes() -> Result<()> {
    let data = tempfile::tempdir()?;
    let settings = [("TOUCHSTONE__SERVER__HEADER_TIMEOUT_SECONDS", "1")];
    let server = Server::start(data.path(), &settings).await?;
    let shapes = shapes();
    ensure!(shapes.len() >= 80, "{}", shapes.len());
    // Together, because those that are allowed wait for the end of their connection.
    let said = futures::future::join_all(shapes.iter().map(|shape| server.say(&shape.sent))).await;
    let mut wrong = Vec::new();
    for (shape, said) in shapes.iter().zip(said) {
        let said = said?;
        let is_problem = said.0.contains("application/problem+json") && said.0.contains("\"REQUEST_400\"");
        if shape.statuses == [400] && !is_problem {
            wrong.push(format!("{}: no problem: {}", shape.name, said.0));
        }
        if said.statuses() != shape.statuses {
            wrong.push(format!(
                "{}: {:?} instead of {:?}",
                shape.name,
                said.statuses(),
                shape.statuses
            ));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    ensure!(server.answers().await?, "the server is not well afterwards");
    let stopped = server.terminate().await?;
    ensure!(
        stopped.status.success() && !stopped.logged.contains("panicked"),
        "{}",
        stopped.logged
    );
    Ok(())
}
