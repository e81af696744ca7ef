-- Append-only tables: SQLite refuses in a trigger of its own dialect.
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER score_records_no_update BEFORE UPDATE ON score_records BEGIN SELECT RAISE(ABORT, 'score_records is append-only'); END;
CREATE TRIGGER item_versions_no_update BEFORE UPDATE ON item_versions BEGIN SELECT RAISE(ABORT, 'item_versions is immutable'); END;
