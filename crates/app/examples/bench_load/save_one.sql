WITH guard AS (UPDATE attempts SET response_seq = response_seq + $4,
        last_activity_at = CASE WHEN last_activity_at > $5 THEN last_activity_at ELSE $5 END, revision = revision + 1, updated_at = $5
     WHERE id = $1 AND user_id = $2 AND state = 'in_progress' AND current_section = $3
        AND (deadline_at IS NULL OR deadline_at >= $6) AND last_activity_at + inactivity_limit >= $6
     RETURNING response_seq),
     first AS (SELECT response_seq - CAST($4 AS BIGINT) + 1 AS first FROM guard),
     saved AS (
        INSERT INTO responses (attempt_id, item_version_id, seq, answer, written_at, saved_at)
        SELECT $1, v.item_version_id, first.first + v.place, v.answer, v.written_at, $5
        FROM first CROSS JOIN (VALUES (CAST($7 AS UUID), CAST($8 AS BIGINT), CAST($9 AS TEXT), CAST($10 AS BIGINT))) AS v (item_version_id, place, answer, written_at)
        ON CONFLICT (attempt_id, item_version_id) DO UPDATE SET seq = excluded.seq, answer = excluded.answer,
            written_at = excluded.written_at, saved_at = excluded.saved_at
        WHERE excluded.written_at = 0 OR excluded.written_at >=
                CASE WHEN responses.written_at = 0 THEN responses.saved_at ELSE responses.written_at END
        RETURNING item_version_id)
     SELECT first.first AS first, saved.item_version_id FROM first LEFT JOIN saved ON TRUE