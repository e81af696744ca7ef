-- Review of the items of drafts. Conventions as in 0001.

-- Counts verdicts and edits of the item; a step names the one it saw.
ALTER TABLE definition_items ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;

-- Who made a version of an item and why, beside the version, which never changes. Generated versions have no row.
CREATE TABLE item_changes (
    item_version_id UUID PRIMARY KEY REFERENCES item_versions (id),
    made_by UUID NOT NULL REFERENCES users (id),
    reason TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX item_changes_author ON item_changes (made_by);

-- Rejected items in whose place another one was made.
CREATE TABLE replaced_items (
    definition_id UUID NOT NULL REFERENCES assessment_definitions (id),
    item_id UUID NOT NULL REFERENCES items (id),
    item_version_id UUID NOT NULL REFERENCES item_versions (id),
    section_index INTEGER NOT NULL,
    position INTEGER NOT NULL,
    reason TEXT NOT NULL,
    replaced_by UUID NOT NULL REFERENCES items (id),
    replaced_at BIGINT NOT NULL,
    PRIMARY KEY (definition_id, item_id)
);
