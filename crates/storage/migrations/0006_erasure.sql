-- Erasure of what is known of a person. Conventions as in 0001.

-- When the account was made anonymous; NULL as long as it is somebody's.
ALTER TABLE users ADD COLUMN erased_at BIGINT;

-- Why staff did something to an attempt, in their words: apart from the audit row of the deed, which holds ids only and stays.
CREATE TABLE attempt_notes (
    audit_id UUID PRIMARY KEY,
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX attempt_notes_attempt ON attempt_notes (attempt_id);

-- Jobs that are for no attempt are found by who asked for them.
CREATE INDEX jobs_requester ON jobs (requested_by) WHERE queue = 'generation';
