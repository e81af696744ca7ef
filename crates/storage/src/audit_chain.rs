//! `audit_chain` and `audit_head`: read by whoever verifies, written by the job that seals.

use async_trait::async_trait;
use domain::audit::{AuditChain, AuditKey, AuditRow, ChainEntry, Head, LogPlace, SealedRow};
use domain::store::StoreError;
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use crate::audit::{ROW_COLUMNS, audit_row};
use crate::dialect::for_update;
use crate::sql::{Row, execute, fetch_all, fetch_optional, values};
use crate::transaction::SqlTx;

/// Entries of one INSERT; five values each, well below what a statement may bind.
const ENTRIES_AT_ONCE: usize = 250;

const HEAD: &str = "SELECT seq, link, began_at, sealed_through, sealed_at, mac FROM audit_head WHERE id = 1";

#[async_trait]
impl AuditChain for SqlTx {
    fn key(&self) -> Option<AuditKey> {
        self.audit_key.get().cloned()
    }

    async fn head(&mut self) -> Result<Option<Head>, StoreError> {
        let text = format!("{HEAD}{}", for_update(self.backend));
        let row = fetch_optional(&self.connection, &text, Vec::new()).await?;
        row.map(|row| head_of(&row)).transpose()
    }

    async fn end(&mut self, seq: i64) -> Result<Vec<ChainEntry>, StoreError> {
        let text = "SELECT seq, audit_id, row_mac, link, mac AS entry_mac FROM audit_chain
             WHERE seq >= $1 ORDER BY seq LIMIT 2";
        let rows = fetch_all(&self.connection, text, values![seq]).await?;
        rows.iter().map(entry_of).collect()
    }

    async fn unsealed(&mut self, after: LogPlace, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        unsealed(&self.connection, after, limit).await
    }

    async fn append(&mut self, entries: &[ChainEntry]) -> Result<(), StoreError> {
        for entries in entries.chunks(ENTRIES_AT_ONCE) {
            let text = format!(
                "INSERT INTO audit_chain (seq, audit_id, row_mac, link, mac) VALUES {}",
                places(entries.len())
            );
            let values = entries.iter().flat_map(|entry| {
                values![
                    entry.seq,
                    entry.audit_id,
                    entry.row_mac.clone(),
                    entry.link.as_str(),
                    entry.mac.as_str()
                ]
            });
            execute(&self.connection, &text, values.collect()).await?;
        }
        Ok(())
    }

    async fn insert_head(&mut self, head: &Head) -> Result<bool, StoreError> {
        let text = "INSERT INTO audit_head (id, seq, link, began_at, sealed_through, sealed_at, mac)
             VALUES (1, $1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING";
        Ok(execute(&self.connection, text, head_values(head)).await? == 1)
    }

    async fn move_head(&mut self, from: i64, head: &Head) -> Result<bool, StoreError> {
        let text =
            "UPDATE audit_head SET seq = $1, link = $2, began_at = $3, sealed_through = $4, sealed_at = $5, mac = $6
             WHERE id = 1 AND seq = $7";
        let mut values = head_values(head);
        values.extend(values![from]);
        Ok(execute(&self.connection, text, values).await? == 1)
    }
}

/// The head as it is, without a lock.
pub(crate) async fn head(connection: &impl ConnectionTrait) -> Result<Option<Head>, StoreError> {
    let row = fetch_optional(connection, HEAD, Vec::new()).await?;
    row.map(|row| head_of(&row)).transpose()
}

/// See [`AuditChain::unsealed`].
pub(crate) async fn unsealed(
    connection: &impl ConnectionTrait,
    after: LogPlace,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    // One look into the index per row: as an anti-join it may be planned to read the whole chain.
    let text = format!(
        "SELECT {ROW_COLUMNS} FROM audit_log a
         WHERE a.created_at >= $1 AND (a.created_at, a.id) > ($1, $2)
            AND (SELECT c.seq FROM audit_chain c WHERE c.audit_id = a.id) IS NULL
         ORDER BY a.created_at, a.id LIMIT $3"
    );
    let values = values![after.created_at.as_micros(), after.id, i64::from(limit)];
    let rows = fetch_all(connection, &text, values).await?;
    rows.iter().map(audit_row).collect()
}

/// Entries behind number `after` with their rows, in order.
pub(crate) async fn sealed(
    connection: &impl ConnectionTrait,
    after: i64,
    limit: u32,
) -> Result<Vec<SealedRow>, StoreError> {
    let text = format!(
        "SELECT c.seq, c.audit_id, c.row_mac, c.link, c.mac AS entry_mac, {ROW_COLUMNS}
         FROM audit_chain c LEFT JOIN audit_log a ON a.id = c.audit_id
         WHERE c.seq > $1 ORDER BY c.seq LIMIT $2"
    );
    let rows = fetch_all(connection, &text, values![after, i64::from(limit)]).await?;
    let sealed = |row: &Row| {
        let is_there = row.get::<Option<Uuid>>("id")?.is_some();
        Ok(SealedRow {
            entry: entry_of(row)?,
            row: is_there.then(|| audit_row(row)).transpose()?,
        })
    };
    rows.iter().map(sealed).collect()
}

/// `($1, …, $5), ($6, …`
fn places(entries: usize) -> String {
    let place = |index: usize| {
        let first = index * 5;
        format!(
            "(${}, ${}, ${}, ${}, ${})",
            first + 1,
            first + 2,
            first + 3,
            first + 4,
            first + 5
        )
    };
    (0..entries).map(place).collect::<Vec<_>>().join(", ")
}

fn entry_of(row: &Row) -> Result<ChainEntry, StoreError> {
    Ok(ChainEntry {
        seq: row.get("seq")?,
        audit_id: row.get("audit_id")?,
        row_mac: row.get("row_mac")?,
        link: row.get("link")?,
        mac: row.get("entry_mac")?,
    })
}

fn head_of(row: &Row) -> Result<Head, StoreError> {
    Ok(Head {
        seq: row.get("seq")?,
        link: row.get("link")?,
        began_at: row.timestamp("began_at")?,
        sealed_through: row.timestamp("sealed_through")?,
        sealed_at: row.timestamp("sealed_at")?,
        mac: row.get("mac")?,
    })
}

fn head_values(head: &Head) -> Vec<Value> {
    values![
        head.seq,
        head.link.as_str(),
        head.began_at.as_micros(),
        head.sealed_through.as_micros(),
        head.sealed_at.as_micros(),
        head.mac.as_str()
    ]
}
