-- When the bucket of a class and caller will be full again, and what the last statement on it granted. Losing it in a crash
-- of the database costs nothing but a fresh minute for everybody, so that it is not worth a write-ahead log.
CREATE UNLOGGED TABLE rate_limits (
    bucket TEXT PRIMARY KEY,
    full_at BIGINT NOT NULL,
    granted BIGINT NOT NULL
) WITH (fillfactor = 70);
