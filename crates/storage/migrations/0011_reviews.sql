-- Scoring by people. Conventions as in 0001.

-- Who has judged, beside the score record, which never changes and names nobody.
CREATE TABLE review_decisions (
    score_record_id UUID PRIMARY KEY REFERENCES score_records (id),
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    -- The record that was confirmed or overridden.
    judged_record_id UUID NOT NULL REFERENCES score_records (id),
    decision TEXT NOT NULL,
    decided_by UUID NOT NULL REFERENCES users (id),
    reason TEXT,
    decided_at BIGINT NOT NULL,
    CONSTRAINT review_decisions_decision CHECK (decision IN ('confirm', 'override'))
);
CREATE INDEX review_decisions_attempt ON review_decisions (attempt_id);
CREATE INDEX review_decisions_judged ON review_decisions (judged_record_id);

-- A candidate contests a score. Without an item it is about the whole result.
CREATE TABLE inquiries (
    id UUID PRIMARY KEY,
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    item_version_id UUID REFERENCES item_versions (id),
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    CONSTRAINT inquiries_state CHECK (state IN (
        'open', 'answered', 'resolved_upheld', 'resolved_revised', 'withdrawn'
    ))
);
CREATE INDEX inquiries_attempt ON inquiries (attempt_id);
CREATE INDEX inquiries_recent ON inquiries (opened_at, id);
CREATE INDEX inquiries_to_answer ON inquiries (opened_at, id) WHERE state = 'open';
-- One at a time about one thing. NULLs are distinct, so that the whole result has an index of its own.
CREATE UNIQUE INDEX inquiries_one_open ON inquiries (attempt_id, item_version_id)
    WHERE state IN ('open', 'answered');
CREATE UNIQUE INDEX inquiries_one_open_whole ON inquiries (attempt_id)
    WHERE item_version_id IS NULL AND state IN ('open', 'answered');

CREATE TABLE inquiry_messages (
    id UUID PRIMARY KEY,
    inquiry_id UUID NOT NULL REFERENCES inquiries (id),
    author_id UUID NOT NULL REFERENCES users (id),
    message TEXT,
    created_at BIGINT NOT NULL,
    author TEXT NOT NULL,
    event TEXT NOT NULL,
    CONSTRAINT inquiry_messages_author CHECK (author IN ('candidate', 'staff')),
    CONSTRAINT inquiry_messages_event CHECK (event IN ('write', 'answer', 'uphold', 'revise', 'close', 'withdraw'))
);
CREATE INDEX inquiry_messages_thread ON inquiry_messages (inquiry_id, created_at);

-- The queue of what a person should look at.
CREATE INDEX resolutions_to_review ON resolutions (resolved_at, attempt_id, item_version_id) WHERE provisional;

-- Whose answer an exemplar is, when a review has made it one: it goes with the candidate.
ALTER TABLE exemplars ADD COLUMN attempt_id UUID REFERENCES attempts (id);
CREATE INDEX exemplars_attempt ON exemplars (attempt_id);
