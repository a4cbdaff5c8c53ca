-- M62: impossible states cannot be stored: each state has exactly the columns
-- it needs, tried as the owner of the tables.
BEGIN;
SELECT plan(35);

INSERT INTO hostq.queue (id, lane_id) VALUES (901, 4);
SELECT lives_ok($$UPDATE hostq.queue SET state = 'claimed', owner = 1, lease = 5, claimed_at = now() WHERE id = 901$$, 'a claimed row has owner, lease and claimed_at');
SELECT lives_ok($$UPDATE hostq.queue SET state = 'processing', started_at = now(), first_started_at = now() WHERE id = 901$$, 'a processing row adds started_at');
SELECT lives_ok($$UPDATE hostq.queue SET state = 'waiting', owner = NULL, lease = NULL, claimed_at = NULL, started_at = NULL WHERE id = 901$$, 'a waiting row keeps only first_started_at');

-- pending and waiting hold nothing.
SELECT throws_ok(format('UPDATE hostq.queue SET state = %L, %s WHERE id = 901', s, c), '23514', NULL, s || ' with ' || c || ' is refused')
FROM unnest('{pending,waiting}'::text[]) s, unnest('{owner = 1,lease = 1,claimed_at = now(),started_at = now()}'::text[]) c;

-- claimed and processing hold all of theirs.
UPDATE hostq.queue SET state = 'claimed', owner = 1, lease = 5, claimed_at = now() WHERE id = 901;
SELECT throws_ok(format('UPDATE hostq.queue SET %s WHERE id = 901', c), '23514', NULL, 'claimed with ' || c || ' is refused')
FROM unnest('{owner = NULL,lease = NULL,claimed_at = NULL,started_at = now()}'::text[]) c;
UPDATE hostq.queue SET state = 'processing', started_at = now() WHERE id = 901;
SELECT throws_ok(format('UPDATE hostq.queue SET %s WHERE id = 901', c), '23514', NULL, 'processing with ' || c || ' is refused')
FROM unnest('{owner = NULL,lease = NULL,claimed_at = NULL,started_at = NULL,first_started_at = NULL}'::text[]) c;

SELECT throws_ok(format('INSERT INTO hostq.queue (id, lane_id, state) VALUES (902, 4, %L)', s), '23514', NULL, s || ' does not fit into the table of open requests')
FROM unnest('{completed,failed,timeout,canceled,superseded}'::text[]) s;
SELECT throws_ok($$UPDATE hostq.queue SET retry_attempt = -1$$, '23514', NULL, 'retry_attempt counts from 0');

-- Ends.
PREPARE ended (text, text, text, timestamptz) AS INSERT INTO hostq.finished (id, lane_id, state, retry_attempt, intent, crashes, namespace,
    failure_reason, error_message, claimed_at, started_at) VALUES (903, 4, $1::hostq.state, 0, 0, 0, 'default', $2, $3, $4, $4);
SELECT throws_ok($$EXECUTE ended('pending', NULL, NULL, NULL)$$, '23514', NULL, 'an open state does not fit into the table of ended requests');
SELECT throws_ok($$EXECUTE ended('completed', NULL, NULL, NULL)$$, '23514', NULL, 'completed keeps claimed_at and started_at');
SELECT throws_ok($$EXECUTE ended('completed', 'config', NULL, now())$$, '23514', NULL, 'completed has no failure_reason');
SELECT throws_ok($$EXECUTE ended('failed', NULL, 'x', now())$$, '23514', NULL, 'failed has a reason');
SELECT throws_ok($$EXECUTE ended('failed', 'config', NULL, now())$$, '23514', NULL, 'failed has an error message');
SELECT throws_ok($$EXECUTE ended('timeout', 'timeout', '', now())$$, '23514', NULL, 'timeout has an error message that is not empty');
SELECT throws_ok($$EXECUTE ended('failed', 'because', 'x', now())$$, '23514', NULL, 'a reason is one of the list');
SELECT lives_ok($$EXECUTE ended('canceled', NULL, NULL, NULL)$$, 'canceled needs its time only');
SELECT throws_ok($$EXECUTE ended('completed', NULL, NULL, now())$$, '23505', NULL, 'a request ends once');

SELECT * FROM finish();
ROLLBACK;
