CREATE TRIGGER credential_versions_append_only BEFORE UPDATE OR DELETE ON credential_versions
    FOR EACH ROW EXECUTE FUNCTION touchstone_append_only();
