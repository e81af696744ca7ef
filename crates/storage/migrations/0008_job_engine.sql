-- The job engine complete: dead letters that come back, cancelling, pausing, ageing, reconciling. Conventions as in 0001.

-- What kind of failure a dead letter died of: `transient` may pass by itself, `permanent` will not, `poison` kills its process.
ALTER TABLE jobs ADD COLUMN error_class TEXT
    CONSTRAINT jobs_error_class CHECK (error_class IN ('transient', 'permanent', 'poison'));
-- When a dead letter is tried again without anybody asking; NULL is never.
ALTER TABLE jobs ADD COLUMN retry_at BIGINT;
-- How often that has happened since a person last asked.
ALTER TABLE jobs ADD COLUMN automatic_retries INTEGER NOT NULL DEFAULT 0
    CONSTRAINT jobs_automatic_retries CHECK (automatic_retries >= 0);

-- One range per queue and priority, in the order in which jobs are claimed: no claim sorts, whatever the backlog.
CREATE INDEX jobs_lane ON jobs (queue, priority, run_at, id) WHERE state = 'ready';
DROP INDEX jobs_ready;
-- There are a handful of them.
DROP INDEX jobs_suspect;
CREATE INDEX jobs_suspect ON jobs (queue, run_at) WHERE state = 'ready' AND crash_count > 0;

CREATE INDEX jobs_dead ON jobs (finished_at) WHERE state = 'failed';
CREATE INDEX jobs_retry ON jobs (retry_at) WHERE state = 'failed' AND retry_at IS NOT NULL;

-- Children that have not ended: what a waiting parent looks for.
CREATE INDEX jobs_live_child ON jobs (parent_id)
    WHERE parent_id IS NOT NULL AND state IN ('waiting', 'ready', 'running');

-- Jobs that belong to nothing are removed when they have ended long ago.
CREATE INDEX jobs_passing ON jobs (created_at) WHERE subject_id IS NULL;

-- Queues of which no process claims anything.
CREATE TABLE queue_pauses (
    queue TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    paused_at BIGINT NOT NULL,
    paused_by UUID REFERENCES users (id),
    CONSTRAINT queue_pauses_queue CHECK (
        queue IN ('static', 'llm', 'coding', 'rag', 'webhooks', 'generation', 'maintenance'))
);

-- Cancelled handlers that still hold their threads, as the process last said.
ALTER TABLE worker_processes ADD COLUMN stuck_handlers INTEGER NOT NULL DEFAULT 0;

-- Attempts that wait for their scoring, for those whose jobs got lost.
CREATE INDEX attempts_scoring_since ON attempts (updated_at) WHERE scoring = 'running';
