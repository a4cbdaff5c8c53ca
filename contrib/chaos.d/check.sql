-- check.sql - what must hold when every request has ended (the invariants of
-- contrib/chaos). Each row is something that is wrong.
SET client_min_messages = error;
-- I1: one state each.
SELECT format('request %s is in %s places', request_id, n) FROM (
    SELECT b.request_id, (SELECT count(*) FROM hostq.queue q WHERE q.id = b.id) + (SELECT count(*) FROM hostq.finished f WHERE f.id = b.id) AS n
    FROM hostq.request_body b) x WHERE n <> 1
UNION ALL
SELECT format('row %s of %s has no request', id, t) FROM (SELECT id, 'queue' AS t FROM hostq.queue UNION ALL SELECT id, 'finished' FROM hostq.finished) x
WHERE NOT EXISTS (SELECT FROM hostq.request_body b WHERE b.id = x.id);
