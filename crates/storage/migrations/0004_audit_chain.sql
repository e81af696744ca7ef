-- The seal of the audit log (docs/audit.md). Conventions as in 0001.

-- HMAC over all columns of the row with a key that is not in the database; NULL for rows older than the key.
ALTER TABLE audit_log ADD COLUMN mac TEXT;
CREATE INDEX audit_log_actor ON audit_log (actor_id, created_at);

-- One entry per sealed row, numbered without gaps. `link` ties the row to all before it, `mac` proves the entry itself.
CREATE TABLE audit_chain (
    seq BIGINT PRIMARY KEY,
    audit_id UUID NOT NULL,
    -- The row's HMAC, for rows that have none of their own.
    row_mac TEXT,
    link TEXT NOT NULL,
    mac TEXT NOT NULL,
    CONSTRAINT audit_chain_seq CHECK (seq > 0)
);
CREATE UNIQUE INDEX audit_chain_row ON audit_chain (audit_id);

-- Where the chain ends, so that a cut is noticed.
CREATE TABLE audit_head (
    id INTEGER PRIMARY KEY,
    seq BIGINT NOT NULL,
    link TEXT NOT NULL,
    -- Rows without a HMAC that are older than this were there before the chain.
    began_at BIGINT NOT NULL,
    -- All rows up to this instant have been looked at.
    sealed_through BIGINT NOT NULL,
    sealed_at BIGINT NOT NULL,
    mac TEXT NOT NULL,
    CONSTRAINT audit_head_single CHECK (id = 1)
);
