-- Scoring again after a key, a rubric or a grader has changed. Conventions as in 0001.
CREATE TABLE regrades (
    id UUID PRIMARY KEY,
    -- Of one item, or of every item of an assessment.
    item_id UUID REFERENCES items (id),
    definition_id UUID REFERENCES assessment_definitions (id),
    requested_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- Whether every attempt has been looked at.
    listed BOOLEAN NOT NULL,
    policy TEXT NOT NULL,
    state TEXT NOT NULL,
    CONSTRAINT regrades_scope CHECK ((item_id IS NULL) <> (definition_id IS NULL)),
    CONSTRAINT regrades_policy CHECK (policy IN ('never_lower', 'both_ways')),
    CONSTRAINT regrades_state CHECK (state IN ('previewing', 'ready', 'applying', 'applied', 'cancelled', 'failed'))
);
CREATE INDEX regrades_recent ON regrades (created_at, id);
-- One at a time of the same.
CREATE UNIQUE INDEX regrades_one_live_item ON regrades (item_id) WHERE state IN ('previewing', 'ready', 'applying');
CREATE UNIQUE INDEX regrades_one_live_definition ON regrades (definition_id)
    WHERE state IN ('previewing', 'ready', 'applying');

-- The versions whose keys score again, as they were when the regrade was asked for.
CREATE TABLE regrade_keys (
    regrade_id UUID NOT NULL REFERENCES regrades (id),
    item_id UUID NOT NULL REFERENCES items (id),
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    PRIMARY KEY (regrade_id, item_id)
);

-- What scoring an answer again came to. A verdict stands here while it is proposed; then it is a score record or nothing.
CREATE TABLE regrade_changes (
    regrade_id UUID NOT NULL REFERENCES regrades (id),
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    key_version_id UUID NOT NULL REFERENCES item_versions (id),
    -- What counted, and what counts if the change was made.
    base_record_id UUID NOT NULL REFERENCES score_records (id),
    record_id UUID REFERENCES score_records (id),
    old_points BIGINT,
    new_points BIGINT,
    max_points BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    scorer TEXT,
    reason TEXT,
    verdict TEXT,
    second TEXT,
    PRIMARY KEY (regrade_id, attempt_id, item_version_id),
    CONSTRAINT regrade_changes_outcome CHECK (outcome IN (
        'judging', 'proposed', 'unchanged', 'kept_higher', 'kept_by_person', 'not_comparable', 'not_judged', 'applied',
        'superseded'
    )),
    CONSTRAINT regrade_changes_scorer CHECK (scorer IS NULL OR scorer IN ('rule', 'local', 'llm', 'human')),
    CONSTRAINT regrade_changes_reason CHECK (reason IS NULL OR reason IN (
        'rule', 'only_verdict', 'low_confidence', 'grader_failed', 'awaits_person', 'model_verdict', 'disagreement',
        'suspected_injection', 'person', 'regraded'
    )),
    CONSTRAINT regrade_changes_verdict CHECK ((outcome = 'proposed') = (verdict IS NOT NULL)),
    CONSTRAINT regrade_changes_record CHECK ((outcome = 'applied') = (record_id IS NOT NULL))
);
CREATE INDEX regrade_changes_attempt ON regrade_changes (attempt_id);
-- SQLite looks for rows that refer to a new one whenever one is inserted.
CREATE INDEX regrade_changes_base ON regrade_changes (base_record_id);
CREATE INDEX regrade_changes_record ON regrade_changes (record_id);
CREATE INDEX regrade_changes_item ON regrade_changes (item_version_id);
CREATE INDEX regrade_changes_key ON regrade_changes (key_version_id);
CREATE INDEX regrade_changes_proposed ON regrade_changes (regrade_id, attempt_id, item_version_id)
    WHERE outcome = 'proposed';

-- What would become of an attempt, or became of it.
CREATE TABLE regrade_attempts (
    regrade_id UUID NOT NULL REFERENCES regrades (id),
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    old_percent DOUBLE PRECISION,
    new_percent DOUBLE PRECISION,
    old_passed BOOLEAN,
    new_passed BOOLEAN,
    PRIMARY KEY (regrade_id, attempt_id)
);
CREATE INDEX regrade_attempts_attempt ON regrade_attempts (attempt_id);

-- Where an item stands and has stood.
CREATE INDEX definition_items_item ON definition_items (item_id);
CREATE INDEX definition_version_items_item ON definition_version_items (item_id);
