-- The default cohort with everybody and everything there is.
INSERT INTO cohorts (id, name, created_at, updated_at) VALUES ('00000000-0000-7000-8000-000000000001', 'everyone', 0, 0);
INSERT INTO cohort_members (cohort_id, user_id)
    SELECT '00000000-0000-7000-8000-000000000001', id FROM users WHERE role IN ('student', 'advisor');
INSERT INTO cohort_assessments (cohort_id, definition_id)
    SELECT '00000000-0000-7000-8000-000000000001', id FROM assessment_definitions;

ALTER TABLE resolutions DROP CONSTRAINT resolutions_reason;
ALTER TABLE resolutions ADD CONSTRAINT resolutions_reason CHECK (reason IN (
    'rule', 'only_verdict', 'low_confidence', 'grader_failed', 'awaits_person'
));
