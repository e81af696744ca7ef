ALTER TABLE resolutions DROP CONSTRAINT resolutions_reason;
ALTER TABLE resolutions ADD CONSTRAINT resolutions_reason CHECK (reason IN (
        'rule', 'only_verdict', 'low_confidence', 'grader_failed', 'awaits_person', 'model_verdict', 'disagreement',
        'suspected_injection', 'person', 'regraded'
));
