-- why_not: one sentence for each thing that can hold a request up.
BEGIN;
\ir helpers.inc
SELECT plan(54);
UPDATE hostq.daemons SET state = 'dead', ended_at = now() WHERE epoch <> :epoch AND state <> 'dead';
SELECT pg_temp.template('default', 'T', 1000);
SELECT pg_temp.submit('{"kind":"noop","requestId":"n"}'), pg_temp.submit('{"kind":"noop","requestId":"ahead","priority":"high"}');
UPDATE hostq.queue SET run_at = clock_timestamp() - interval '1 s';

CREATE FUNCTION pg_temp.why(rid text, pattern text, says text) RETURNS text LANGUAGE sql AS $$ SELECT matches(hostq.why_not(rid), pattern, says) $$;

SELECT pg_temp.why('nosuch', '^there is no request ''nosuch''$', 'unknown');
SELECT pg_temp.why('n', '^1 requests of queue noop are ahead of it \(0 of 4 slots are busy\)$', 'somebody of a higher class is ahead');
SELECT pg_temp.why('ahead', '^it is due since .* and about to be claimed$', 'nothing in the way');
UPDATE hostq.daemons SET in_flight = 4 WHERE epoch = :epoch;
SELECT pg_temp.why('ahead', '^all 4 slots are busy; it is next in queue noop$', 'slots');
SELECT pg_temp.submit('{"kind":"noop","requestId":"busy"}'), pg_temp.submit('{"kind":"noop","requestId":"held"}'), pg_temp.provision('works');
SELECT pg_temp.start('busy'), pg_temp.start('held'), pg_temp.start('works');
SELECT pg_temp.why('ahead', '^all 4 slots are busy \(2 of queue noop, 1 of queue provision\); it is next in queue noop$', 'slots, and who has them');
SELECT pg_temp.ends('busy', 'completed'), pg_temp.ends('held', 'completed'), pg_temp.ends('works', 'completed');
SELECT hostq.pause('noop');
SELECT pg_temp.why('n', '^queue noop is paused$', 'paused');
SELECT hostq.resume('noop');
UPDATE hostq.queue SET crashes = 1, lane_id = lane_id + 1 WHERE id = pg_temp.id('n');
SELECT pg_temp.why('n', ' requests of queue noop are ahead of it', 'one death is no poison: it goes on as others do');
UPDATE hostq.queue SET crashes = 2, lane_id = lane_id + 1 WHERE id = pg_temp.id('n');
SELECT pg_temp.why('n', '^its daemon died 2 times while working it; a daemon works one such request at a time$', 'suspect');
SELECT pg_temp.submit('{"kind":"noop","requestId":"poison"}'), pg_temp.start('poison');
UPDATE hostq.queue SET crashes = 2, lane_id = lane_id + 2 WHERE id = pg_temp.id('poison');
SELECT pg_temp.why('n', 'a daemon works one such request at a time, now poison$', 'suspect behind another one');
SELECT pg_temp.ends('poison', 'failed', 'task_terminated', 'its daemon died 3 times while working it');
SELECT is(hostq.why_not('poison'), 'it ended as failed: its daemon died 3 times while working it', 'poison');
UPDATE hostq.queue SET crashes = 0, lane_id = lane_id & ~3;

-- Queues and silence.
UPDATE hostq.daemons SET queues = '{provision,return}' WHERE epoch = :epoch;
SELECT pg_temp.why('n', '^no living daemon serves queue noop$', 'its queue has no daemon');
UPDATE hostq.daemons SET queues = '{provision,noop}' WHERE epoch = :epoch;
SELECT pg_temp.why('n', 'are ahead of it', 'its queue has one');
UPDATE hostq.daemons SET queues = '{}', heartbeat_at = now() - interval '6 s' WHERE epoch = :epoch;
SELECT pg_temp.why('n', '^nothing has been heard since .* UTC of d#\d+, which would claim it$', 'its daemon is late');
UPDATE hostq.daemons SET heartbeat_at = now() WHERE epoch = :epoch;

UPDATE hostq.daemons SET state = 'stopping' WHERE epoch = :epoch;
SELECT pg_temp.why('n', '^every daemon is stopping$', 'stopping');
UPDATE hostq.daemons SET lease_until = now() - interval '1 s' WHERE epoch = :epoch;
SELECT pg_temp.why('n', '^no daemon is running$', 'no daemon');
SELECT pg_temp.provision('p');
SELECT pg_temp.why('p', '^no daemon is running; it waits until its deadline \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$', 'with its deadline');
UPDATE hostq.daemons SET state = 'alive', lease_until = now() + interval '1 h', in_flight = 0 WHERE epoch = :epoch;

-- A host's work.
SELECT pg_temp.start('p'), pg_temp.machine('p', 'i-1'), pg_temp.submit('{"kind":"return","requestId":"ret","machineIds":["i-1"]}');
UPDATE hostq.queue SET run_at = clock_timestamp() - interval '1 s' WHERE id = pg_temp.id('ret');
SELECT pg_temp.why('ret', '^it is due since', 'its host has a daemon');
UPDATE hostq.daemons SET queues = '{noop}' WHERE epoch = :epoch;
SELECT pg_temp.why('ret', '^no living daemon serves queue return on host h1; it waits until', 'its host has one, for other queues');
UPDATE hostq.daemons SET queues = '{}', routes = '{host:h2/boot9}' WHERE epoch = :epoch;
SELECT pg_temp.why('ret', '^no living daemon serves host h1 \(boot boot1\); it waits until its deadline', 'its host has none');
SELECT pg_temp.why('n', 'ahead', 'work without a host goes on');

-- Times.
SELECT pg_temp.submit('{"kind":"noop","requestId":"later","delay":60000}');
SELECT pg_temp.why('later', '^it was submitted to run not before ', 'delayed');
SELECT pg_temp.rest('later', 'pending', '30 s', '{"last_reason":"throttled","message":"slow down"}', 2);
SELECT pg_temp.why('later', '^attempt 2 failed \(throttled: slow down\); it is tried again at ', 'retry');
UPDATE hostq.queues SET retry_budget = 60 WHERE name = 'noop';
SELECT pg_temp.rest('later', 'pending', '30 s', '{"last_reason":"throttled","budget":2,"put_off":2}', 2);
SELECT pg_temp.why('later', '^attempt 2 failed \(throttled\); the retry budget of queue noop, 60 a minute, puts it off to ', 'behind the retry budget');
SELECT pg_temp.rest('later', 'pending', '30 s', '{"last_reason":"throttled","budget":3,"put_off":2}', 3);
SELECT pg_temp.why('later', '^attempt 3 failed \(throttled\); it is tried again at ', 'the attempt before was, this one is not');
SELECT pg_temp.rest('later', 'waiting', '30 s', '{"message":"2 of 3 are there"}');
SELECT pg_temp.why('later', '^the outside is at work; it is looked at again at .* \(2 of 3 are there\)$', 'waiting');
SELECT pg_temp.rest('later', 'waiting', '-30 s');
SELECT pg_temp.why('later', 'ahead of it|about to be claimed', 'a poll that is due');
UPDATE hostq.queue SET deadline = now() - interval '1 s' WHERE id = pg_temp.id('later');
SELECT pg_temp.why('later', '^its deadline passed at .*; it ends as timeout with the next sweep$', 'deadline');

-- Held.
SELECT pg_temp.claim('n');
SELECT pg_temp.why('n', format('^daemon d#%s holds it and starts it when one of its 4 slots is free$', :epoch), 'claimed');
SELECT pg_temp.start('n');
SELECT is(hostq.why_not('n'), NULL, 'it runs');
UPDATE hostq.daemons SET lease_until = now() - interval '1 s' WHERE epoch = :epoch;
SELECT pg_temp.why('n', '^its daemon d#\d+ has not been heard of since .*; no other daemon is running to take it over$', 'its daemon is silent');
INSERT INTO hostq.daemons (name, host, boot_id, pid, version, routes, slots, lease_until) VALUES ('e', 'h1', 'boot1', 2, '0', '{}', 4, now() + interval '1 h');
SELECT pg_temp.why('n', 'has not been heard of since .*; another one is about to take it over$', 'its daemon is silent, another one lives');
UPDATE hostq.daemons SET state = 'dead', ended_at = now() WHERE epoch = :epoch;
SELECT pg_temp.why('n', '^its daemon d#\d+ is dead; another one is about to take it over$', 'its daemon is dead');
UPDATE hostq.daemons SET ended_why = 'stopped' WHERE epoch = :epoch;
SELECT pg_temp.why('n', '^its daemon d#\d+ has stopped; another one is about to take it over$', 'its daemon has stopped');
DELETE FROM hostq.daemons WHERE epoch = :epoch;
SELECT pg_temp.why('n', '^its daemon #\d+ is dead', 'its daemon is forgotten');
SELECT pg_temp.ends('n', 'completed');
SELECT is(hostq.why_not('n'), NULL, 'it has ended');
SELECT is(hostq.show('n')->'why_not', 'null', 'show tells the same');
SELECT is(hostq.show('p')->>'why_not', hostq.why_not('p'), 'of an open one too');
-- Ended, but not well: says how.
SELECT pg_temp.submit(format('{"kind":"noop","requestId":"%s","timeout":90}', r)::jsonb), pg_temp.start(r) FROM unnest('{late,early,over,none,sick,gone}'::text[]) r;
UPDATE hostq.queue SET retry_attempt = 1, deadline = '2026-01-01 12:00:00+00', note = '{"last_reason":"throttled"}' WHERE id IN (pg_temp.id('late'), pg_temp.id('early'), pg_temp.id('over'));
SELECT pg_temp.ends('late', 'failed', 'deadline', 'slow down'), pg_temp.ends('over', 'failed', 'max_retries', 'slow down');
SELECT is(hostq.why_not('late'), 'it ended as failed: the retry after attempt 2 could not have started before its deadline 2026-01-01 12:00:00 UTC (throttled)', 'the deadline refused a retry');
UPDATE hostq.queues SET stop_before_deadline_ms = 5000 WHERE name = 'noop';
SELECT pg_temp.ends('early', 'failed', 'deadline', 'slow down');
SELECT pg_temp.why('early', 'before its deadline 2026-01-01 12:00:00 UTC less stop_before_deadline_ms 5000 \(throttled\)$', 'stop_before_deadline_ms refused it');
SELECT is(hostq.why_not('over'), 'it ended as failed: attempt 2 was the last that max_retries 1 allows (throttled)', 'max_retries refused it');
SELECT pg_temp.ends('none', 'timeout', 'timeout', 'the request did not finish within 90 seconds'), pg_temp.ends('sick', 'failed', 'auth', E'who\n  are you?');
SELECT is(hostq.why_not('none'), 'it ended as timeout: the request did not finish within 90 seconds', 'timeout');
SELECT is(hostq.why_not('sick'), 'it ended as failed: who are you?', 'failed; a text of two lines is one');
SELECT hostq.cancel('gone');
SELECT is(hostq.why_not('gone'), 'it ended as canceled: canceled by ' || session_user, 'canceled');
SELECT is(hostq.show('late')->>'why_not', hostq.why_not('late'), 'show tells the same of an ended one');

-- Limits refuse at submit.
SELECT hostq.set('account_limit', '3');
SELECT pg_temp.provision('much', 40);
SELECT pg_temp.why('much', '^there is no request ''much'': its submit was refused at .* UTC: Account quota would be exceeded \(\d machines lived or were owed, 40 more were asked for, account_limit is 3\)$', 'account_limit');
SELECT hostq.set('account_limit', '0');
SELECT pg_temp.provision('most', 2000);
SELECT pg_temp.why('most', '^there is no request ''most''$', 'a bad parameter is no limit');
UPDATE hostq.templates SET max_number = 5 WHERE template_id = 'T';
SELECT pg_temp.provision('most', 50);
SELECT pg_temp.why('most', ': Requested 50, maximum \d \(50 asked for, \d free for template T; most machines that live now are of p \(1\)\)$', 'the last refusal counts: room of a template');

SELECT is_empty($$SELECT * FROM unnest('{ahead,ret,later,p}'::text[]) r WHERE hostq.why_not(r) ~ '\n'$$, 'one sentence, one line');
SELECT is(hostq.why_not(NULL), 'there is no request ''''', 'no id');
SELECT ok(hostq.why_not('p') IS NOT NULL, 'processing under a daemon that is gone is not running');


-- queues with an order of their own
INSERT INTO hostq.queues (name, kind, claim_order, fair_by) VALUES ('due', 'noop', 'deadline', NULL), ('fair', 'noop', 'time', 'namespace');
SELECT pg_temp.submit('{"kind":"noop","queue":"due","requestId":"due6","timeout":21600}'), pg_temp.submit('{"kind":"noop","queue":"due","requestId":"due1","timeout":3600}'),
    pg_temp.submit('{"kind":"noop","queue":"due","requestId":"due0"}'), pg_temp.submit('{"kind":"noop","queue":"fair","requestId":"fair1","namespace":"A"}'),
    pg_temp.submit('{"kind":"noop","queue":"fair","requestId":"fair2","namespace":"B"}');
SELECT matches(hostq.why_not('due6'), '^1 requests of queue due are ahead of it', 'by deadline: what ends sooner is ahead, though it came later');
SELECT matches(hostq.why_not('due0'), '^2 requests of queue due are ahead of it', 'what has no deadline comes last');
SELECT ok(hostq.why_not('due1') !~ 'ahead', 'nothing is ahead of the first');
UPDATE hostq.daemons SET in_flight = slots;
SELECT is(hostq.why_not('fair2'), 'all slots are busy; the next one of queue fair goes to whose namespace has least at work (B is one of them)', 'fair');
SELECT * FROM finish();
ROLLBACK;
