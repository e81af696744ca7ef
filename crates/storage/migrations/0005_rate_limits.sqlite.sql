-- When the bucket of a class and caller will be full again, and what the last statement on it granted.
CREATE TABLE rate_limits (
    bucket TEXT PRIMARY KEY,
    full_at BIGINT NOT NULL,
    granted BIGINT NOT NULL
);
