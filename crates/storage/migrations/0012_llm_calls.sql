-- Calls of language models: booked before they are made, settled when they end, and what is booked in all. Amounts are
-- micro-dollars, days are counted from 1970-01-01 (UTC). Conventions as in 0001.
CREATE TABLE llm_calls (
    id UUID PRIMARY KEY,
    digest TEXT NOT NULL,
    purpose TEXT NOT NULL,
    attempt_id UUID REFERENCES attempts (id),
    item_version_id UUID REFERENCES item_versions (id),
    job_id UUID,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_version TEXT NOT NULL,
    sample INTEGER NOT NULL,
    round INTEGER NOT NULL,
    state TEXT NOT NULL,
    day BIGINT NOT NULL,
    at_most BIGINT NOT NULL,
    cost BIGINT,
    input_tokens BIGINT,
    output_tokens BIGINT,
    answer TEXT,
    finish TEXT,
    error_code TEXT,
    asked_at BIGINT NOT NULL,
    ended_at BIGINT,
    CONSTRAINT llm_calls_state CHECK (state IN ('reserved', 'answered', 'failed', 'unknown')),
    CONSTRAINT llm_calls_finish CHECK (finish IS NULL OR finish IN ('stop', 'length', 'refused', 'other')),
    CONSTRAINT llm_calls_answer CHECK ((state = 'answered') = (answer IS NOT NULL)),
    CONSTRAINT llm_calls_ended CHECK ((state = 'reserved') = (ended_at IS NULL))
);
-- One answer for each name, however often it was asked for.
CREATE UNIQUE INDEX llm_calls_answered ON llm_calls (digest) WHERE state = 'answered';
CREATE INDEX llm_calls_reserved ON llm_calls (digest) WHERE state = 'reserved';
CREATE INDEX llm_calls_attempt ON llm_calls (attempt_id);
-- What an operator compares with the provider's bill.
CREATE INDEX llm_calls_unknown ON llm_calls (asked_at) WHERE state = 'unknown';

CREATE TABLE llm_days (
    day BIGINT PRIMARY KEY,
    booked BIGINT NOT NULL
);

CREATE TABLE llm_attempts (
    attempt_id UUID PRIMARY KEY REFERENCES attempts (id),
    booked BIGINT NOT NULL
);

CREATE TABLE llm_pauses (
    model TEXT PRIMARY KEY,
    until BIGINT NOT NULL
);

-- Answers that the local scorer has judged because no language model could, and that one is still to judge.
CREATE TABLE deferred_scores (
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    reason TEXT NOT NULL,
    round INTEGER NOT NULL,
    queued BOOLEAN NOT NULL,
    not_before BIGINT,
    since BIGINT NOT NULL,
    PRIMARY KEY (attempt_id, item_version_id),
    CONSTRAINT deferred_scores_reason CHECK (reason IN ('llm_unavailable', 'budget', 'quota'))
);
CREATE INDEX deferred_scores_due ON deferred_scores (not_before) WHERE NOT queued;
