-- Append-only tables: one function refuses for all of them.
CREATE FUNCTION touchstone_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION touchstone_append_only();
CREATE TRIGGER score_records_append_only BEFORE UPDATE ON score_records
    FOR EACH ROW EXECUTE FUNCTION touchstone_append_only();
CREATE TRIGGER item_versions_append_only BEFORE UPDATE ON item_versions
    FOR EACH ROW EXECUTE FUNCTION touchstone_append_only();
