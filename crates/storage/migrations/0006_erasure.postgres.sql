-- What staff gave as a reason before there were notes stood in audit rows; only rows that are not sealed can have it.
INSERT INTO attempt_notes (audit_id, attempt_id, note, created_at)
    SELECT id, resource_id, details::jsonb ->> 'reason', created_at FROM audit_log
    WHERE action IN ('attempts.voided', 'attempts.extended') AND details::jsonb ->> 'reason' IS NOT NULL AND mac IS NULL
        AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.audit_id = audit_log.id);
ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only;
UPDATE audit_log SET details = (details::jsonb - 'reason')::text WHERE id IN (SELECT audit_id FROM attempt_notes);
ALTER TABLE audit_log ENABLE TRIGGER audit_log_append_only;

-- A score record stays as it is, but for the words of an erased person, which can be taken out of it.
CREATE FUNCTION touchstone_score_records_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    emptied score_records := OLD;
BEGIN
    emptied.criteria := '[]';
    IF NEW IS NOT DISTINCT FROM emptied AND EXISTS (
        SELECT 1 FROM attempts a JOIN users u ON u.id = a.user_id
        WHERE a.id = OLD.attempt_id AND u.erased_at IS NOT NULL)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'score_records is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
DROP TRIGGER score_records_append_only ON score_records;
CREATE TRIGGER score_records_append_only BEFORE UPDATE ON score_records
    FOR EACH ROW EXECUTE FUNCTION touchstone_score_records_erasure();
