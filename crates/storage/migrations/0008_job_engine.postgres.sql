ALTER TABLE job_attempts DROP CONSTRAINT job_attempts_outcome;
ALTER TABLE job_attempts ADD CONSTRAINT job_attempts_outcome CHECK (outcome IN (
    'running', 'completed', 'retry', 'snoozed', 'rate_limited', 'discarded', 'failed', 'lost', 'released', 'stale', 'cancelled'
));

-- A save updates its attempt and its response: with room on their pages the update writes into no index.
ALTER TABLE attempts SET (fillfactor = 70);
ALTER TABLE responses SET (fillfactor = 80);

-- The end of a claim updates its row: with room on its page the update writes into no index.
ALTER TABLE job_attempts SET (fillfactor = 60);
