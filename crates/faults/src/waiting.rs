//! Waiting for conditions, never for time to pass.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::Instant;

const LOOK: Duration = Duration::from_millis(30);

/// Looks again and again until there is something; an error of the look counts as nothing, and is told when the limit is over.
pub(crate) async fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = Instant::now();
    loop {
        let seen = tokio::time::timeout(limit, look()).await;
        match seen {
            Ok(Ok(Some(found))) => return Ok(found),
            _ if started.elapsed() < limit => tokio::time::sleep(LOOK).await,
            Ok(Err(error)) => return Err(error.context(format!("waited {limit:?} for {what}"))),
            _ => bail!("waited {limit:?} in vain for {what}"),
        }
    }
}

/// [`until`] for what is true or not.
pub(crate) async fn until_true(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    until(what, limit, async || Ok(look().await?.then_some(()))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_condition_that_never_comes_is_named() {
        let never = until_true("the moon", Duration::from_millis(30), async || Ok(false)).await;
        assert!(never.unwrap_err().to_string().contains("the moon"));
        let mut looks = 0;
        let third = until("three", Duration::from_secs(5), async || {
            looks += 1;
            Ok((looks == 3).then_some(looks))
        });
        assert_eq!(third.await.unwrap(), 3);
    }
}
