-- name: file_first
SELECT f.ticket_id, f.uuid, f.url FROM file f
WHERE f.id IN (SELECT MIN(g.id) FROM file g
  WHERE g.ticket_id IN (SELECT CAST(j AS BIGINT) FROM json_array_elements_text(CAST(:tickets AS JSON)) j) AND g.reply_id IS NULL
  GROUP BY g.ticket_id) LIMIT :limit;
