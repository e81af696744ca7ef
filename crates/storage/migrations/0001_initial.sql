-- One text for both databases: SQLite takes the PostgreSQL type names as they are. Conventions (docs/adr/0003):
-- instants are BIGINT microseconds since the epoch, marks BIGINT hundredths, JSON is TEXT, names of constraints are stable
-- because the code maps them to refusals. Value sets mirror the enums of the domain; a test compares them.

CREATE TABLE users (
    id UUID PRIMARY KEY,
    email TEXT NOT NULL,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT users_email_lower CHECK (email = lower(email)),
    CONSTRAINT users_role CHECK (role IN ('student', 'advisor', 'admin', 'service')),
    CONSTRAINT users_status CHECK (status IN ('active', 'disabled'))
);
CREATE UNIQUE INDEX users_email ON users (email);

CREATE TABLE refresh_tokens (
    token_hash TEXT PRIMARY KEY,
    family_id UUID NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id),
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id);

CREATE TABLE audit_log (
    id UUID PRIMARY KEY,
    actor_id UUID,
    actor_role TEXT NOT NULL,
    action TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_id UUID,
    correlation_id TEXT NOT NULL,
    details TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT audit_log_actor_role CHECK (actor_role IN ('student', 'advisor', 'admin', 'service', 'system', 'anonymous'))
);
CREATE INDEX audit_log_resource ON audit_log (resource_type, resource_id);
CREATE INDEX audit_log_created ON audit_log (created_at);

CREATE TABLE idempotency_keys (
    principal TEXT NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status INTEGER,
    reply TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (principal, route, key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

CREATE TABLE syllabi (
    id UUID PRIMARY KEY,
    subject TEXT NOT NULL,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    pages TEXT NOT NULL,
    status TEXT NOT NULL,
    uploaded_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    CONSTRAINT syllabi_status CHECK (status IN ('active', 'archived'))
);
CREATE INDEX syllabi_created ON syllabi (created_at);

CREATE TABLE assessment_definitions (
    id UUID PRIMARY KEY,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    generation_key TEXT,
    blueprint TEXT NOT NULL,
    settings TEXT NOT NULL,
    dropped TEXT NOT NULL,
    published_version_id UUID,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT assessment_definitions_kind CHECK (kind IN ('generated', 'track')),
    CONSTRAINT assessment_definitions_status CHECK (status IN ('draft', 'published', 'archived'))
);
CREATE INDEX assessment_definitions_created ON assessment_definitions (created_at);

CREATE TABLE definition_sections (
    definition_id UUID NOT NULL REFERENCES assessment_definitions (id),
    section_index INTEGER NOT NULL,
    id UUID NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY (definition_id, section_index),
    CONSTRAINT definition_sections_index CHECK (section_index >= 0)
);

CREATE TABLE items (
    id UUID PRIMARY KEY,
    created_at BIGINT NOT NULL
);

-- Immutable: a change to an item is a new version.
CREATE TABLE item_versions (
    id UUID PRIMARY KEY,
    item_id UUID NOT NULL REFERENCES items (id),
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    marks BIGINT NOT NULL,
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT item_versions_kind CHECK (kind IN (
        'multiple_choice', 'multiple_response', 'true_false', 'fill_blank', 'matching', 'numeric', 'ordering',
        'short_answer', 'essay', 'coding', 'profile', 'file_upload'
    )),
    CONSTRAINT item_versions_marks CHECK (marks > 0)
);
CREATE UNIQUE INDEX item_versions_number ON item_versions (item_id, version);
CREATE INDEX item_versions_hash ON item_versions (content_hash);

-- The draft: which items, where, and what the reviewer said.
CREATE TABLE definition_items (
    definition_id UUID NOT NULL REFERENCES assessment_definitions (id),
    item_id UUID NOT NULL REFERENCES items (id),
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    section_index INTEGER NOT NULL,
    position INTEGER NOT NULL,
    review TEXT NOT NULL,
    review_note TEXT,
    PRIMARY KEY (definition_id, item_id),
    CONSTRAINT definition_items_review CHECK (review IN ('pending', 'accepted', 'rejected'))
);
CREATE UNIQUE INDEX definition_items_place ON definition_items (definition_id, section_index, position);

-- The frozen, published form: attempts refer to this and to nothing that can change.
CREATE TABLE definition_versions (
    id UUID PRIMARY KEY,
    definition_id UUID NOT NULL REFERENCES assessment_definitions (id),
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    settings TEXT NOT NULL,
    sections TEXT NOT NULL,
    section_count INTEGER NOT NULL,
    item_count INTEGER NOT NULL,
    published_by UUID NOT NULL REFERENCES users (id),
    published_at BIGINT NOT NULL,
    CONSTRAINT definition_versions_sections CHECK (section_count > 0)
);
CREATE UNIQUE INDEX definition_versions_number ON definition_versions (definition_id, number);

CREATE TABLE definition_version_items (
    definition_version_id UUID NOT NULL REFERENCES definition_versions (id),
    item_id UUID NOT NULL REFERENCES items (id),
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    section_index INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (definition_version_id, item_id)
);
CREATE UNIQUE INDEX definition_version_items_place
    ON definition_version_items (definition_version_id, section_index, position);

CREATE TABLE attempts (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    definition_id UUID NOT NULL REFERENCES assessment_definitions (id),
    definition_version_id UUID NOT NULL REFERENCES definition_versions (id),
    state TEXT NOT NULL,
    scoring TEXT NOT NULL,
    current_section INTEGER NOT NULL,
    section_count INTEGER NOT NULL,
    response_seq BIGINT NOT NULL,
    opted_in_at BIGINT NOT NULL,
    started_at BIGINT,
    deadline_at BIGINT,
    last_activity_at BIGINT,
    inactivity_limit BIGINT NOT NULL,
    submitted_at BIGINT,
    ended_at BIGINT,
    scored_at BIGINT,
    released_at BIGINT,
    degraded_reasons TEXT NOT NULL,
    evaluation_job_id UUID,
    revision BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT attempts_state CHECK (state IN (
        'opted_in', 'in_progress', 'awaiting_async', 'completed', 'expired', 'failed', 'voided'
    )),
    CONSTRAINT attempts_scoring CHECK (scoring IN ('none', 'running', 'done', 'failed')),
    CONSTRAINT attempts_section CHECK (current_section >= 0 AND current_section <= section_count),
    CONSTRAINT attempts_started CHECK (state <> 'in_progress' OR (started_at IS NOT NULL AND last_activity_at IS NOT NULL)),
    CONSTRAINT attempts_submitted CHECK (state NOT IN ('awaiting_async', 'completed') OR submitted_at IS NOT NULL)
);
CREATE UNIQUE INDEX attempts_one_in_progress ON attempts (user_id) WHERE state = 'in_progress';
CREATE UNIQUE INDEX attempts_one_open ON attempts (user_id, definition_id) WHERE state IN ('opted_in', 'in_progress');
CREATE INDEX attempts_user ON attempts (user_id, opted_in_at);
CREATE INDEX attempts_definition ON attempts (definition_id);

CREATE TABLE section_submissions (
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    section_index INTEGER NOT NULL,
    submitted_at BIGINT NOT NULL,
    PRIMARY KEY (attempt_id, section_index)
);

-- The current answer to each item; locked for ever once its section or attempt is submitted.
CREATE TABLE responses (
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    seq BIGINT NOT NULL,
    answer TEXT NOT NULL,
    written_at BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (attempt_id, item_version_id)
);

-- Append-only: who judged what. `points` NULL is ungraded, which is not 0.
CREATE TABLE score_records (
    id UUID PRIMARY KEY,
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    scorer TEXT NOT NULL,
    scorer_version TEXT NOT NULL,
    cause TEXT NOT NULL,
    points BIGINT,
    max_points BIGINT NOT NULL,
    reason TEXT NOT NULL,
    criteria TEXT NOT NULL,
    confidence DOUBLE PRECISION,
    flags TEXT NOT NULL,
    job_id UUID,
    created_at BIGINT NOT NULL,
    CONSTRAINT score_records_scorer CHECK (scorer IN ('rule', 'local', 'llm', 'human')),
    CONSTRAINT score_records_reason CHECK (reason IN (
        'correct', 'partially_correct', 'incorrect', 'unanswered', 'judged', 'off_topic', 'ungraded'
    )),
    CONSTRAINT score_records_confidence CHECK (confidence IS NULL OR (confidence >= 0 AND confidence <= 1)),
    CONSTRAINT score_records_ungraded CHECK ((points IS NULL) = (reason = 'ungraded')),
    CONSTRAINT score_records_range CHECK (points IS NULL OR (points <= max_points AND points >= -max_points))
);
CREATE UNIQUE INDEX score_records_once ON score_records (attempt_id, item_version_id, scorer, cause);

-- Which record counts now, and why.
CREATE TABLE resolutions (
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    score_record_id UUID NOT NULL REFERENCES score_records (id),
    provisional BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    resolved_at BIGINT NOT NULL,
    PRIMARY KEY (attempt_id, item_version_id),
    CONSTRAINT resolutions_reason CHECK (reason IN ('rule', 'only_verdict', 'low_confidence', 'grader_failed'))
);

CREATE TABLE jobs (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    queue TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    state TEXT NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,
    run_at BIGINT NOT NULL,
    published_at BIGINT,
    attempt INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    crash_count INTEGER NOT NULL DEFAULT 0,
    fence BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT,
    owner UUID,
    payload TEXT NOT NULL,
    result TEXT,
    last_error TEXT,
    error_code TEXT,
    parent_id UUID REFERENCES jobs (id),
    subject_id UUID,
    requested_by UUID,
    trace_context TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    CONSTRAINT jobs_queue CHECK (queue IN ('static', 'llm', 'coding', 'rag', 'webhooks', 'generation', 'maintenance')),
    CONSTRAINT jobs_state CHECK (state IN ('waiting', 'ready', 'running', 'completed', 'failed', 'cancelled')),
    CONSTRAINT jobs_lease CHECK (state <> 'running' OR (lease_until IS NOT NULL AND owner IS NOT NULL)),
    CONSTRAINT jobs_attempts_positive CHECK (max_attempts > 0)
);
CREATE UNIQUE INDEX jobs_dedupe ON jobs (kind, dedupe_key) WHERE state NOT IN ('failed', 'cancelled');
CREATE INDEX jobs_ready ON jobs (queue, priority DESC, run_at) WHERE state = 'ready';
CREATE INDEX jobs_suspect ON jobs (queue, priority DESC, run_at) WHERE state = 'ready' AND crash_count > 0;
CREATE INDEX jobs_waiting ON jobs (created_at) WHERE state = 'waiting';
CREATE INDEX jobs_lease_end ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_parent ON jobs (parent_id);
CREATE INDEX jobs_subject ON jobs (subject_id);
CREATE INDEX jobs_created ON jobs (created_at);

CREATE TABLE job_attempts (
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
        'running', 'completed', 'retry', 'snoozed', 'rate_limited', 'discarded', 'failed', 'lost', 'released', 'stale'
    ))
);

CREATE TABLE worker_processes (
    id UUID PRIMARY KEY,
    host TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    last_beat_at BIGINT NOT NULL,
    stopped_at BIGINT
);

CREATE TABLE service_leases (
    name TEXT PRIMARY KEY,
    holder UUID NOT NULL,
    lease_until BIGINT NOT NULL
);
