-- why_not: one sentence for each thing that can hold a request up.
BEGIN;
\ir helpers.inc
SELECT plan(28);
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
SELECT hostq.pause('noop');
SELECT pg_temp.why('n', '^queue noop is paused$', 'paused');
SELECT hostq.resume('noop');
UPDATE hostq.queue SET crashes = 2 WHERE id = pg_temp.id('n');
SELECT pg_temp.why('n', '^its daemon died 2 times while working it; a daemon works one such request at a time$', 'suspect');
UPDATE hostq.queue SET crashes = 0;

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
UPDATE hostq.daemons SET routes = '{host:h2/boot9}' WHERE epoch = :epoch;
SELECT pg_temp.why('ret', '^no living daemon serves host h1 \(boot boot1\); it waits until its deadline', 'its host has none');
SELECT pg_temp.why('n', 'ahead', 'work without a host goes on');

-- Times.
SELECT pg_temp.submit('{"kind":"noop","requestId":"later","delay":60000}');
SELECT pg_temp.why('later', '^it was submitted to run not before ', 'delayed');
SELECT pg_temp.rest('later', 'pending', '30 s', '{"last_reason":"throttled","message":"slow down"}', 2);
SELECT pg_temp.why('later', '^attempt 2 failed \(throttled: slow down\); it is tried again at ', 'retry');
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
SELECT pg_temp.why('n', '^its daemon d#\d+ has not been heard of since .*; another one is about to take it over$', 'its daemon is silent');
UPDATE hostq.daemons SET state = 'dead', ended_at = now() WHERE epoch = :epoch;
SELECT pg_temp.why('n', '^its daemon d#\d+ is dead; another one is about to take it over$', 'its daemon is dead');
DELETE FROM hostq.daemons WHERE epoch = :epoch;
SELECT pg_temp.why('n', '^its daemon #\d+ is dead', 'its daemon is forgotten');
SELECT pg_temp.ends('n', 'completed');
SELECT is(hostq.why_not('n'), NULL, 'it has ended');
SELECT is(hostq.show('n')->'why_not', 'null', 'show tells the same');
SELECT is(hostq.show('p')->>'why_not', hostq.why_not('p'), 'of an open one too');
SELECT is_empty($$SELECT * FROM unnest('{ahead,ret,later,p}'::text[]) r WHERE hostq.why_not(r) ~ '\n'$$, 'one sentence, one line');
SELECT is(hostq.why_not(NULL), 'there is no request ''''', 'no id');
SELECT ok(hostq.why_not('p') IS NOT NULL, 'processing under a daemon that is gone is not running');

SELECT * FROM finish();
ROLLBACK;
