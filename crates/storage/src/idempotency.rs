//! The idempotency slot of a transaction: key claimed first, reply stored last, both gone when the use case refuses.

use domain::store::StoreError;
use domain::time::Timestamp;

use crate::sql::{execute, fetch_optional, values};
use crate::transaction::SqlTx;

/// Which request this is. Scope: principal + method and route + key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencySlot {
    /// Who asks.
    pub principal: String,
    /// Method and route with its ids filled in.
    pub route: String,
    /// The client's `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of the request body.
    pub request_hash: String,
}

/// A 2xx reply kept for replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReply {
    /// HTTP status.
    pub status: u16,
    /// JSON body.
    pub body: String,
}

/// What came of a request with a key.
#[derive(Debug)]
pub enum Idempotent<T> {
    /// It ran now.
    Done(T),
    /// It ran before; this was the reply.
    Replayed(StoredReply),
    /// The key was used with another body.
    Mismatch,
    /// The first request with this key has not ended.
    InFlight,
}

/// Claims the key; `Some` when there is nothing left to do. On PostgreSQL the insert waits for a concurrent twin to end.
pub(crate) async fn claim<T>(
    tx: &SqlTx,
    slot: &IdempotencySlot,
    now: Timestamp,
) -> Result<Option<Idempotent<T>>, StoreError> {
    let inserted = execute(
        &tx.connection,
        "INSERT INTO idempotency_keys (principal, route, key, request_hash, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (principal, route, key) DO NOTHING",
        values![
            slot.principal.clone(),
            slot.route.clone(),
            slot.key.clone(),
            slot.request_hash.clone(),
            now.as_micros()
        ],
    )
    .await?;
    if inserted == 1 {
        return Ok(None);
    }
    let row = fetch_optional(
        &tx.connection,
        "SELECT request_hash, status, reply FROM idempotency_keys WHERE principal = $1 AND route = $2 AND key = $3",
        values![slot.principal.clone(), slot.route.clone(), slot.key.clone()],
    )
    .await?;
    // The twin rolled back between the two statements: run the whole thing again.
    let Some(row) = row else {
        return Err(StoreError::Conflict);
    };
    if row.get::<String>("request_hash")? != slot.request_hash {
        return Ok(Some(Idempotent::Mismatch));
    }
    let status = row
        .get::<Option<i32>>("status")?
        .and_then(|status| u16::try_from(status).ok());
    Ok(Some(match (status, row.get::<Option<String>>("reply")?) {
        (Some(status), Some(body)) => Idempotent::Replayed(StoredReply { status, body }),
        _ => Idempotent::InFlight,
    }))
}

/// Stores the reply, or forgets the key when the outcome is not to be replayed.
pub(crate) async fn settle(
    tx: &SqlTx,
    slot: &IdempotencySlot,
    reply: Option<&StoredReply>,
) -> Result<(), StoreError> {
    let key = [&slot.principal, &slot.route, &slot.key].map(Clone::clone);
    let [principal, route, key] = key;
    match reply {
        Some(reply) => {
            execute(
                &tx.connection,
                "UPDATE idempotency_keys SET status = $4, reply = $5 WHERE principal = $1 AND route = $2 AND key = $3",
                values![principal, route, key, i32::from(reply.status), reply.body.clone()],
            )
            .await?
        }
        None => {
            execute(
                &tx.connection,
                "DELETE FROM idempotency_keys WHERE principal = $1 AND route = $2 AND key = $3",
                values![principal, route, key],
            )
            .await?
        }
    };
    Ok(())
}
