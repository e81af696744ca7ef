-- Keys of machines, invitations, one-time tokens for passwords. Conventions as in 0001.

-- Each key acts as an account of its own with the role service.
CREATE TABLE api_keys (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id),
    secret_hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    requests_per_minute BIGINT,
    created_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT,
    CONSTRAINT api_keys_rate CHECK (requests_per_minute IS NULL OR requests_per_minute > 0)
);
CREATE UNIQUE INDEX api_keys_account ON api_keys (user_id);
CREATE INDEX api_keys_created ON api_keys (created_at);

CREATE TABLE invitations (
    id UUID PRIMARY KEY,
    code_hash TEXT NOT NULL,
    email TEXT,
    cohort_id UUID REFERENCES cohorts (id) ON DELETE SET NULL,
    max_uses BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CONSTRAINT invitations_email_lower CHECK (email = lower(email)),
    CONSTRAINT invitations_uses CHECK (uses >= 0 AND uses <= max_uses)
);
CREATE UNIQUE INDEX invitations_code ON invitations (code_hash);
CREATE INDEX invitations_created ON invitations (created_at);

CREATE TABLE password_resets (
    token_hash TEXT PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    issued_by UUID NOT NULL REFERENCES users (id),
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX password_resets_user ON password_resets (user_id);
CREATE INDEX users_created ON users (created_at);

-- However often it is renewed, a sign-in ends some time after it began.
ALTER TABLE refresh_tokens ADD COLUMN began_at BIGINT NOT NULL DEFAULT 0;
UPDATE refresh_tokens SET began_at = issued_at;
CREATE INDEX refresh_tokens_expires ON refresh_tokens (expires_at);

-- Machines have accounts with their API keys; those made before there were keys have none.
UPDATE users SET status = 'disabled' WHERE role = 'service';

-- Secrets at rest, wrapped by the master key (docs/adr/0012). A signing key signs from active_from on and verifies until
-- retires_at.
CREATE TABLE secrets (
    id UUID PRIMARY KEY,
    purpose TEXT NOT NULL,
    algorithm TEXT,
    wrapped TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    active_from BIGINT NOT NULL,
    retires_at BIGINT,
    CONSTRAINT secrets_purpose CHECK (purpose IN ('signing', 'audit', 'refresh')),
    CONSTRAINT secrets_algorithm CHECK (algorithm IN ('HS256', 'EdDSA')),
    CONSTRAINT secrets_signing_algorithm CHECK ((purpose = 'signing') = (algorithm IS NOT NULL))
);
-- Two first starts at once make one of each.
CREATE UNIQUE INDEX secrets_one_of_purpose ON secrets (purpose) WHERE purpose IN ('audit', 'refresh');
