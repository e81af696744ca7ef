-- A CHECK cannot be changed in place.
CREATE TABLE resolutions_next (
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    score_record_id UUID NOT NULL REFERENCES score_records (id),
    provisional BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    resolved_at BIGINT NOT NULL,
    PRIMARY KEY (attempt_id, item_version_id),
    CONSTRAINT resolutions_reason CHECK (reason IN (
        'rule', 'only_verdict', 'low_confidence', 'grader_failed', 'awaits_person', 'model_verdict', 'disagreement',
        'suspected_injection', 'person', 'regraded'
    ))
);
INSERT INTO resolutions_next SELECT attempt_id, item_version_id, score_record_id, provisional, reason, resolved_at FROM resolutions;
DROP TABLE resolutions;
ALTER TABLE resolutions_next RENAME TO resolutions;
