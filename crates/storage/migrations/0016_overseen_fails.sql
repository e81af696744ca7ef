-- Fails that only machines gave, where a person has to look before they are final. Conventions as in 0001.

-- Since when the fail of the attempt waits; set on the item with which a person should begin.
ALTER TABLE resolutions ADD COLUMN fail_since BIGINT;
-- The queue of them, and one item of an attempt at most.
CREATE UNIQUE INDEX resolutions_one_fail ON resolutions (attempt_id) WHERE fail_since IS NOT NULL;
