-- A CHECK cannot be changed in place.
CREATE TABLE job_attempts_next (
    job_id UUID NOT NULL REFERENCES jobs (id),
    fence BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    owner UUID NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    outcome TEXT NOT NULL,
    error_code TEXT,
    error TEXT,
    PRIMARY KEY (job_id, fence),
    CONSTRAINT job_attempts_outcome CHECK (outcome IN (
        'running', 'completed', 'retry', 'snoozed', 'rate_limited', 'discarded', 'failed', 'lost', 'released', 'stale', 'cancelled'
    ))
);
INSERT INTO job_attempts_next SELECT job_id, fence, attempt, owner, started_at, finished_at, outcome, error_code, error
    FROM job_attempts;
DROP TABLE job_attempts;
ALTER TABLE job_attempts_next RENAME TO job_attempts;
