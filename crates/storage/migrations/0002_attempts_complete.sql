-- Tracks and their bank, exemplars, cohorts, time, drawn forms, schedules. Conventions as in 0001.

-- Recurring jobs: whoever moves next_at on enqueues the tick.
CREATE TABLE schedules (
    name TEXT PRIMARY KEY,
    next_at BIGINT NOT NULL
);

-- When the service was last known to take answers; a gap is credited to running attempts.
CREATE TABLE service_marks (
    name TEXT PRIMARY KEY,
    seen_at BIGINT NOT NULL
);

CREATE TABLE cohorts (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX cohorts_name ON cohorts (name);

-- Students are the cohort's candidates, advisors see their attempts.
CREATE TABLE cohort_members (
    cohort_id UUID NOT NULL REFERENCES cohorts (id),
    user_id UUID NOT NULL REFERENCES users (id),
    PRIMARY KEY (cohort_id, user_id)
);
CREATE INDEX cohort_members_user ON cohort_members (user_id);

CREATE TABLE cohort_assessments (
    cohort_id UUID NOT NULL REFERENCES cohorts (id),
    definition_id UUID NOT NULL REFERENCES assessment_definitions (id),
    PRIMARY KEY (cohort_id, definition_id)
);
CREATE INDEX cohort_assessments_definition ON cohort_assessments (definition_id);

-- A role whose assessment is drawn from a bank: the items of its definition's draft.
CREATE TABLE tracks (
    definition_id UUID PRIMARY KEY REFERENCES assessment_definitions (id),
    slug TEXT NOT NULL,
    description TEXT NOT NULL,
    skills TEXT NOT NULL,
    deleted_at BIGINT,
    CONSTRAINT tracks_slug_lower CHECK (slug = lower(slug))
);
CREATE UNIQUE INDEX tracks_slug ON tracks (slug) WHERE deleted_at IS NULL;

ALTER TABLE items ADD COLUMN deleted_at BIGINT;

-- Answers that people have graded, for calibration.
CREATE TABLE exemplars (
    id UUID PRIMARY KEY,
    item_id UUID NOT NULL REFERENCES items (id),
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    answer TEXT NOT NULL,
    answer_hash TEXT NOT NULL,
    points BIGINT NOT NULL,
    max_points BIGINT NOT NULL,
    note TEXT,
    added_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    CONSTRAINT exemplars_points CHECK (points >= 0 AND points <= max_points)
);
CREATE UNIQUE INDEX exemplars_answer ON exemplars (item_id, answer_hash);

CREATE TABLE accommodations (
    user_id UUID PRIMARY KEY REFERENCES users (id),
    time_factor INTEGER NOT NULL,
    note TEXT,
    set_by UUID NOT NULL REFERENCES users (id),
    updated_at BIGINT NOT NULL,
    CONSTRAINT accommodations_time_factor CHECK (time_factor >= 100 AND time_factor <= 1000)
);

ALTER TABLE attempts ADD COLUMN kind TEXT NOT NULL DEFAULT 'generated'
    CONSTRAINT attempts_kind CHECK (kind IN ('generated', 'track'));
-- From which order and draw follow.
ALTER TABLE attempts ADD COLUMN seed BIGINT NOT NULL DEFAULT 0;
-- Places of the drawn items in the version; NULL is all of them in their order.
ALTER TABLE attempts ADD COLUMN form TEXT;
ALTER TABLE attempts ADD COLUMN item_count INTEGER NOT NULL DEFAULT 0;
-- Percent of the usual time.
ALTER TABLE attempts ADD COLUMN time_factor INTEGER NOT NULL DEFAULT 100
    CONSTRAINT attempts_time_factor CHECK (time_factor >= 100 AND time_factor <= 1000);
-- Extensions, in microseconds.
ALTER TABLE attempts ADD COLUMN extra_time BIGINT NOT NULL DEFAULT 0
    CONSTRAINT attempts_extra_time CHECK (extra_time >= 0);
ALTER TABLE attempts ADD COLUMN voided_by TEXT
    CONSTRAINT attempts_voided_by CHECK (voided_by IN ('owner', 'staff'));
ALTER TABLE attempts ADD COLUMN metadata TEXT;
UPDATE attempts SET item_count =
    (SELECT v.item_count FROM definition_versions v WHERE v.id = attempts.definition_version_id);
CREATE INDEX attempts_opted_in ON attempts (opted_in_at) WHERE state = 'opted_in';
CREATE INDEX attempts_recent ON attempts (opted_in_at, id);
CREATE INDEX attempts_user_definition ON attempts (user_id, definition_id);
