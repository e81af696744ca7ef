CREATE TRIGGER credential_versions_no_update BEFORE UPDATE ON credential_versions BEGIN SELECT RAISE(ABORT, 'credential_versions is append-only'); END;
CREATE TRIGGER credential_versions_no_delete BEFORE DELETE ON credential_versions BEGIN SELECT RAISE(ABORT, 'credential_versions is append-only'); END;
