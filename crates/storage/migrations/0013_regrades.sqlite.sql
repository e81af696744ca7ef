-- SQLite looks for rows that refer to a new one whenever one is inserted.
CREATE INDEX regrade_changes_base ON regrade_changes (base_record_id);
CREATE INDEX regrade_changes_record ON regrade_changes (record_id);
CREATE INDEX regrade_changes_item ON regrade_changes (item_version_id);
CREATE INDEX regrade_changes_key ON regrade_changes (key_version_id);
