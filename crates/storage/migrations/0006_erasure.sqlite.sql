-- What staff gave as a reason before there were notes stood in audit rows; only rows that are not sealed can have it.
INSERT INTO attempt_notes (audit_id, attempt_id, note, created_at)
    SELECT id, resource_id, details ->> '$.reason', created_at FROM audit_log
    WHERE action IN ('attempts.voided', 'attempts.extended') AND details ->> '$.reason' IS NOT NULL AND mac IS NULL
        AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.audit_id = audit_log.id);
DROP TRIGGER audit_log_no_update;
UPDATE audit_log SET details = json_remove(details, '$.reason') WHERE id IN (SELECT audit_id FROM attempt_notes);
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;

-- A score record stays as it is, but for the words of an erased person, which can be taken out of it.
DROP TRIGGER score_records_no_update;
CREATE TRIGGER score_records_no_update BEFORE UPDATE ON score_records
WHEN NOT (
    NEW.criteria = '[]'
    AND NEW.id IS OLD.id
    AND NEW.attempt_id IS OLD.attempt_id
    AND NEW.item_version_id IS OLD.item_version_id
    AND NEW.scorer IS OLD.scorer
    AND NEW.scorer_version IS OLD.scorer_version
    AND NEW.cause IS OLD.cause
    AND NEW.points IS OLD.points
    AND NEW.max_points IS OLD.max_points
    AND NEW.reason IS OLD.reason
    AND NEW.confidence IS OLD.confidence
    AND NEW.flags IS OLD.flags
    AND NEW.job_id IS OLD.job_id
    AND NEW.created_at IS OLD.created_at
    AND EXISTS (
        SELECT 1 FROM attempts a JOIN users u ON u.id = a.user_id
        WHERE a.id = OLD.attempt_id AND u.erased_at IS NOT NULL)
)
BEGIN SELECT RAISE(ABORT, 'score_records is append-only'); END;
