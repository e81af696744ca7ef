-- The audit log in the order in which it is sealed and listed, so that however many rows are of one instant, no look at it sorts
-- more than it takes. Conventions as in 0001.
CREATE INDEX audit_log_place ON audit_log (created_at, id);
DROP INDEX audit_log_created;

-- A save changes `updated_at`, and PostgreSQL writes a row into all of its indexes when one of them has a changed column.
CREATE INDEX attempts_scoring ON attempts (id) WHERE scoring = 'running';
DROP INDEX attempts_scoring_since;
