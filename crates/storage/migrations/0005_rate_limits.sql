-- Conventions as in 0001.

-- Sign-ins that failed since the last success, by the SHA-256 of the address, whether or not it has an account. Until when
-- an address is locked follows from the count and the last failure.
CREATE TABLE sign_in_failures (
    subject TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_failed_at BIGINT NOT NULL,
    CONSTRAINT sign_in_failures_count CHECK (failures > 0)
);
CREATE INDEX sign_in_failures_last ON sign_in_failures (last_failed_at);
