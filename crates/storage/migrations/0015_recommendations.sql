-- Micro-credentials recommended after an attempt, and the evidence for them. Conventions as in 0001.
CREATE TABLE recommendations (
    id UUID PRIMARY KEY,
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    -- Of the attempt: what is popular is looked for by it.
    definition_id UUID NOT NULL REFERENCES assessment_definitions (id),
    outcome TEXT NOT NULL,
    summary TEXT NOT NULL,
    -- The vector space of the similarities.
    embedding_provider TEXT NOT NULL,
    took BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    CONSTRAINT recommendations_outcome CHECK (outcome IN ('recommended', 'nothing_fits', 'popular'))
);
-- The first one stays.
CREATE UNIQUE INDEX recommendations_attempt ON recommendations (attempt_id);
CREATE INDEX recommendations_track ON recommendations (definition_id, made_at);

CREATE TABLE recommendation_items (
    recommendation_id UUID NOT NULL REFERENCES recommendations (id),
    -- From 1, the best first.
    position INTEGER NOT NULL,
    -- What is not in the catalogue cannot be recommended.
    credential_id UUID NOT NULL,
    credential_version INTEGER NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    rationale TEXT NOT NULL,
    -- The model that said the reason in other words.
    worded_by TEXT,
    PRIMARY KEY (recommendation_id, position),
    FOREIGN KEY (credential_id, credential_version) REFERENCES credential_versions (credential_id, version),
    CONSTRAINT recommendation_items_confidence CHECK (confidence BETWEEN 0 AND 1)
);
CREATE UNIQUE INDEX recommendation_items_once ON recommendation_items (recommendation_id, credential_id);
CREATE INDEX recommendation_items_credential ON recommendation_items (credential_id, credential_version);

-- From an answer over a skill to a sentence of the catalogue.
CREATE TABLE recommendation_traces (
    id UUID PRIMARY KEY,
    recommendation_id UUID NOT NULL,
    position INTEGER NOT NULL,
    -- Its number in the reason, from 1.
    number INTEGER NOT NULL,
    skill TEXT NOT NULL,
    skill_name TEXT NOT NULL,
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    snippet TEXT NOT NULL,
    similarity DOUBLE PRECISION NOT NULL,
    FOREIGN KEY (recommendation_id, position) REFERENCES recommendation_items (recommendation_id, position),
    CONSTRAINT recommendation_traces_similarity CHECK (similarity BETWEEN -1 AND 1)
);
CREATE UNIQUE INDEX recommendation_traces_number ON recommendation_traces (recommendation_id, position, number);
CREATE INDEX recommendation_traces_item ON recommendation_traces (item_version_id);
