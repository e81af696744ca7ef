-- The catalogue of micro-credentials. Conventions as in 0001.
CREATE TABLE credentials (
    id UUID PRIMARY KEY,
    -- The current one.
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    provider TEXT NOT NULL,
    level TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    deleted_at BIGINT,
    CONSTRAINT credentials_version CHECK (version > 0),
    CONSTRAINT credentials_level CHECK (level IN ('foundation', 'intermediate', 'advanced'))
);
CREATE UNIQUE INDEX credentials_title ON credentials (title, provider) WHERE deleted_at IS NULL;
-- What tells states of the catalogue apart is read from this index alone.
CREATE INDEX credentials_stamp ON credentials (deleted_at, version);

CREATE TABLE credential_versions (
    credential_id UUID NOT NULL REFERENCES credentials (id),
    version INTEGER NOT NULL,
    content TEXT NOT NULL,
    made_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (credential_id, version)
);

-- What the current versions teach.
CREATE TABLE credential_skills (
    credential_id UUID NOT NULL REFERENCES credentials (id),
    skill TEXT NOT NULL,
    PRIMARY KEY (credential_id, skill)
);
CREATE INDEX credential_skills_skill ON credential_skills (skill, credential_id);
