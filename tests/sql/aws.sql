-- Machines of an AWS account: who is called how, and what its watch writes
-- (sql/func/33_aws.sql). M39 M41 M42 M46
BEGIN;
\ir helpers.inc
SELECT plan(55);
INSERT INTO hostq.providers (namespace, files_hash, config) VALUES ('default', 'x',
    '{"AWS_REGION":"us-east-1","AWS_ENDPOINT_URL":"http://127.0.0.1:1","AWS_INSTANCE_PENDING_TIMEOUT_SEC":"200"}');
SELECT hostq.store_templates('default', 'x', '{"AWS_REGION":"us-east-1","AWS_ENDPOINT_URL":"http://127.0.0.1:1","AWS_INSTANCE_PENDING_TIMEOUT_SEC":"200"}',
    '[{"n":0,"templateId":"A","definition":{"templateId":"A","vmType":"t3.micro","drainTimeout":7},"valid":true,"providerApi":"RunInstances","maxNumber":100,"userData":"#!/bin/sh"}]', '');

CREATE FUNCTION pg_temp.ask(rid text, n int) RETURNS jsonb LANGUAGE sql AS $$
    SELECT hostq.submit(jsonb_build_object('kind', 'provision', 'requestId', rid, 'templateId', 'A', 'machineCount', n))
$$;
CREATE FUNCTION pg_temp.seen(id text, rid text, status text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('instance_id', id, 'request_id', rid, 'provider_api', 'RunInstances', 'status', status,
        'account', 'default', 'region', 'us-east-1', 'instance_type', 't3.micro') || more
$$;
-- A look of the watch, begun now.
CREATE FUNCTION pg_temp.look(VARIADIC seen jsonb[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    w bigint := pg_temp.id('watch:aws:default/us-east-1');
BEGIN
    UPDATE hostq.queue SET state = 'processing', lease = 99, owner = 1, claimed_at = clock_timestamp(), started_at = clock_timestamp(),
        first_started_at = coalesce(first_started_at, clock_timestamp()) WHERE id = w;
    RETURN hostq.store_watch(w, 99, 'h', 'b', to_jsonb(array_remove(seen, NULL)));
END $$;
CREATE FUNCTION pg_temp.is_now(i text) RETURNS text LANGUAGE sql AS $$ SELECT status FROM hostq.machines WHERE instance_id = i $$;
CREATE FUNCTION pg_temp.old(i text, age interval DEFAULT '10 min') RETURNS void LANGUAGE sql AS $$
    UPDATE hostq.machines SET first_seen = first_seen - age, last_seen = last_seen - age WHERE instance_id = i $$;

-- How the account is called.
SELECT pg_temp.ask('r', 2);
SELECT is((SELECT array[account, region] FROM hostq.request_body WHERE request_id = 'r'), '{default,us-east-1}', 'a request knows account and region');
SELECT is((SELECT array[l.account, l.region] FROM hostq.queue q JOIN hostq.lanes l ON l.base = q.lane_id >> 2 WHERE q.id = pg_temp.id('r')),
    '{default,us-east-1}', '... and so does its lane');
SELECT hostq.claim_context('provision', pg_temp.id('r'), (SELECT lane_id FROM hostq.queue WHERE id = pg_temp.id('r'))) AS c \gset
SELECT is(:'c'::jsonb, '{"provider":{"account":"default","region":"us-east-1","endpoint":"http://127.0.0.1:1","pending_timeout":200},
    "user_data":"#!/bin/sh"}', 'what the handler is told');

-- What else a config file may say; numbers may be text.
CREATE FUNCTION pg_temp.told(config jsonb, account text DEFAULT 'default') RETURNS jsonb LANGUAGE sql AS $$
    UPDATE hostq.providers SET config = told.config;
    SELECT hostq.aws_provider('default', account, NULL) - 'account';
$$;
SELECT is(pg_temp.told('{"AWS_PROXY_HOST":"p","AWS_PROXY_PORT":3128,"AWS_CONNECTION_TIMEOUT_MS":"1500","AWS_CREDENTIAL_FILE":"/c"}'),
    '{"proxy":"p:3128","connect_timeout":1.5,"credential_file":"/c"}', 'proxy, time to connect, credential file');
SELECT is(pg_temp.told('{"AWS_PROXY_HOST":"","AWS_CONNECTION_TIMEOUT_MS":"soon","AWS_CREDENTIAL_FILE":""}'), '{"proxy":""}', 'an empty proxy is none, an empty file absent');
SELECT is(pg_temp.told('{"AWS_PROFILE":"p"}', 'p'), '{"profile":"p"}', 'the profile that is configured');
SELECT is(pg_temp.told('{"AWS_PROFILE":"q"}', 'p'), '{"profile":"p"}', '... but a request stays with its own');
SELECT is(pg_temp.told('{"AWS_CREDENTIAL_FILE":"/c"}', 'default@/c'), '{"credential_file":"/c"}', 'a file names an account, no profile');
SELECT is(pg_temp.told('{"AWS_PROFILE":"q","AWS_CREDENTIAL_FILE":"/d"}', 'p@/c'), '{"profile":"p","credential_file":"/d"}', '... and its keys may move');
SELECT is(hostq.aws_account('default') || ' ' || hostq.aws_account('nobody'), 'q@/d default', 'account: profile and file, or default');
SELECT is(pg_temp.told('{}'), '{}', '... and none without one: the environment''s keys count');
SELECT pg_temp.told('{"AWS_REQUEST_RETRY_ATTEMPTS":"3"}');
SELECT is(hostq.aws_policy('default'), '{"max_retries":3}', 'retries of the config file');
SELECT pg_temp.told('{"AWS_REQUEST_RETRY_ATTEMPTS":0}');
SELECT is(hostq.aws_policy('default'), NULL, '0 is the queue''s policy');
SELECT pg_temp.told('{"AWS_REGION":"us-east-1","AWS_REQUEST_RETRY_ATTEMPTS":7}');
SELECT hostq.submit('{"kind":"provision","requestId":"own","templateId":"A","machineCount":1,"policy":{"max_retries":1,"backoff_ms":5}}');
SELECT is((SELECT policy FROM hostq.request_body WHERE request_id = 'own'), '{"max_retries":1,"backoff_ms":5}', '... a request''s own goes over it');
DELETE FROM hostq.queue WHERE id = pg_temp.id('own');
SELECT pg_temp.told('{"AWS_REGION":"us-east-1","AWS_ENDPOINT_URL":"http://127.0.0.1:1","AWS_INSTANCE_PENDING_TIMEOUT_SEC":"200"}');

-- The intent makes the watch.
SELECT pg_temp.start('r');
SELECT ok(hostq.open_intent(pg_temp.id('r'), 7, repeat('a', 64), '{"form":"Action=RunInstances"}', NULL, repeat('a', 64)), 'an intent is opened');
SELECT is((SELECT provider_api || ' ' || kind || ' ' || account || ' ' || region FROM hostq.request_body WHERE request_id = 'watch:aws:default/us-east-1'),
    'aws watch default us-east-1', 'its account and region are watched');
SELECT is((SELECT resource_ids FROM hostq.requests WHERE request_id = 'r'), ARRAY[repeat('a', 64)], 'M39: the token is the resource');
SELECT is(hostq.claim_context('watch', pg_temp.id('watch:aws:default/us-east-1'), (SELECT lane_id FROM hostq.queue WHERE id = pg_temp.id('watch:aws:default/us-east-1'))),
    '{"provider":{"account":"default","region":"us-east-1","endpoint":"http://127.0.0.1:1","pending_timeout":200},"interval_ms":5000}',
    'the watch looks often while a request is open');
UPDATE hostq.providers SET config = config || '{"AWS_DESCRIBE_REQUEST_INTERVAL":"7000"}';
SELECT is(hostq.aws_context('watch', pg_temp.id('watch:aws:default/us-east-1'))->>'interval_ms', '7000', '... but not more often than the config file allows');
INSERT INTO hostq.providers (namespace, files_hash, config) VALUES ('second', 'x', '{"AWS_REGION":"us-east-1","AWS_ENDPOINT_URL":"http://second"}');
UPDATE hostq.providers SET config = config || '{"AWS_CREDENTIAL_FILE":"/c"}' WHERE namespace = 'default';
SELECT is(hostq.aws_context('watch', pg_temp.id('watch:aws:default/us-east-1'))#>>'{provider,endpoint}', 'http://second', '... and with keys of an instance that is still of this account');
UPDATE hostq.providers SET config = config - 'AWS_CREDENTIAL_FILE' WHERE namespace = 'default';
DELETE FROM hostq.providers WHERE namespace = 'second';

-- Machines come, run, and are told once.
SELECT hostq.store_machines(jsonb_build_array(pg_temp.seen('i-1', 'r', 'pending'), pg_temp.seen('i-2', 'r', 'pending')));
SELECT pg_temp.rest('r', 'waiting', '30 s');
SELECT is(pg_temp.look(pg_temp.seen('i-1', 'r', 'running', '{"name":"ip-1","private_ip":"10.0.0.1"}'), pg_temp.seen('i-2', 'r', 'pending')), 1, 'one of two changed');
SELECT is(pg_temp.is_now('i-1'), 'running', '... it is running');
SELECT is((SELECT name || ' ' || private_ip FROM hostq.machines WHERE instance_id = 'i-1'), 'ip-1 10.0.0.1', '... with name and address');
SELECT ok((SELECT run_at <= clock_timestamp() FROM hostq.queue WHERE id = pg_temp.id('r')), '... and its request is due');
CREATE TEMP TABLE before AS SELECT (SELECT count(*) FROM hostq.event) AS events, array(SELECT ctid FROM hostq.machines ORDER BY 1) AS machines,
    (SELECT ctid FROM hostq.queue WHERE id = pg_temp.id('r')) AS row;
SELECT is(pg_temp.look(pg_temp.seen('i-1', 'r', 'running', '{"name":"ip-1","private_ip":"10.0.0.1"}'), pg_temp.seen('i-2', 'r', 'pending')), 0, 'the same again changes nothing');
SELECT results_eq('SELECT (SELECT count(*) FROM hostq.event), array(SELECT ctid FROM hostq.machines ORDER BY 1), (SELECT ctid FROM hostq.queue WHERE id = pg_temp.id(''r''))',
    'SELECT * FROM before', '... and writes no row');

-- A look that began before a change knows less.
UPDATE hostq.machines SET status = 'shutting-down', last_seen = clock_timestamp() + interval '1 min' WHERE instance_id = 'i-2';
SELECT is(pg_temp.look(pg_temp.seen('i-1', 'r', 'running', '{"name":"ip-1","private_ip":"10.0.0.1"}'), pg_temp.seen('i-2', 'r', 'running')), 0, 'an older look changes nothing');
UPDATE hostq.machines SET last_seen = clock_timestamp() WHERE instance_id = 'i-2';
SELECT pg_temp.look(pg_temp.seen('i-1', 'r', 'running', '{"name":"ip-1","private_ip":"10.0.0.1"}'), pg_temp.seen('i-2', 'r', 'running'));
SELECT is(pg_temp.is_now('i-2'), 'shutting-down', 'what is being ended does not run again');
UPDATE hostq.machines SET status = 'running', private_ip = '10.0.0.2', name = 'ip-2', result = 'succeed' WHERE instance_id = 'i-2';
UPDATE hostq.machines SET result = 'succeed' WHERE instance_id = 'i-1';

-- M46: hidden from Describe: not failed before it is old, nor by one look.
SELECT pg_temp.look(pg_temp.seen('i-1', 'r', 'running', '{"name":"ip-1","private_ip":"10.0.0.1"}'));
SELECT is((SELECT status || coalesce(details::text, '') FROM hostq.machines WHERE instance_id = 'i-2'), 'running', 'M46: a new machine may be missing');
SELECT pg_temp.old('i-2');
SELECT pg_temp.look(pg_temp.seen('i-1', 'r', 'running', '{"name":"ip-1","private_ip":"10.0.0.1"}'));
SELECT is(pg_temp.is_now('i-2'), 'running', 'an old one may be missing once');
SELECT pg_temp.look(pg_temp.seen('i-1', 'r', 'running', '{"name":"ip-1","private_ip":"10.0.0.1"}'), pg_temp.seen('i-2', 'r', 'running', '{"name":"ip-2","private_ip":"10.0.0.2"}'));
SELECT is((SELECT details FROM hostq.machines WHERE instance_id = 'i-2'), '{}', '... and is forgiven when it is there again');
SELECT pg_temp.old('i-2');
SELECT pg_temp.look(NULL);
SELECT pg_temp.look(pg_temp.seen('i-1', 'r', 'running', '{"name":"ip-1","private_ip":"10.0.0.1"}'));
SELECT is(pg_temp.is_now('i-2'), 'terminated', 'missing twice is gone');
SELECT ok((SELECT taken_at IS NOT NULL AND message = 'the provider does not know it any more' FROM hostq.machines WHERE instance_id = 'i-2'), '... taken, with a word about it');
SELECT is(pg_temp.is_now('i-1'), 'running', 'another one is not missed for being absent once');
SELECT pg_temp.look(pg_temp.seen('i-1', 'r', 'running', '{"name":"other","private_ip":"10.0.0.9"}'), pg_temp.seen('i-2', 'r', 'running'));
SELECT is(pg_temp.is_now('i-2'), 'running', 'one that was thought gone is there again');
SELECT is((SELECT name FROM hostq.machines WHERE instance_id = 'i-1'), 'ip-1', 'a name that was told never changes');

-- Taken from outside.
SELECT pg_temp.look(pg_temp.seen('i-1', 'r', 'shutting-down', '{"message":"Client.UserInitiatedShutdown"}'), pg_temp.seen('i-2', 'r', 'running'));
SELECT ok((SELECT taken_at IS NOT NULL AND message = 'Client.UserInitiatedShutdown' AND ended_at IS NULL FROM hostq.machines WHERE instance_id = 'i-1'), 'a machine that is shut down from outside is taken');
SELECT pg_temp.look(pg_temp.seen('i-1', 'r', 'terminated'), pg_temp.seen('i-2', 'r', 'running'));
SELECT ok((SELECT ended_at IS NOT NULL FROM hostq.machines WHERE instance_id = 'i-1'), '... and ended');

-- A return: told by the watch, not taken, and woken.
SELECT hostq.submit('{"kind":"return","requestId":"back","machineIds":["i-2"]}');
SELECT hostq.claim_context('return', pg_temp.id('back'), (SELECT lane_id FROM hostq.queue WHERE id = pg_temp.id('back'))) AS c \gset
SELECT is((:'c'::jsonb) #- '{machines,0,first_seen_us}', '{"provider":{"account":"default","region":"us-east-1","endpoint":"http://127.0.0.1:1","pending_timeout":200},
    "provider_api":"RunInstances","machines":[{"instance_id":"i-2","request_id":"r","status":"running"}],"elsewhere":0,"drainTimeout":7}', 'what a return is told');
SELECT pg_temp.start('back');
UPDATE hostq.machines SET taken_at = NULL WHERE instance_id = 'i-2';
SELECT pg_temp.rest('back', 'waiting', '30 s');
SELECT pg_temp.look(pg_temp.seen('i-2', 'r', 'terminated'));
SELECT ok((SELECT ended_at IS NOT NULL AND taken_at IS NULL FROM hostq.machines WHERE instance_id = 'i-2'), 'ended by its return: not taken');
SELECT ok((SELECT run_at <= clock_timestamp() FROM hostq.queue WHERE id = pg_temp.id('back')), '... which is due now');
SELECT hostq.cancel('back');

-- Found by the owner tag.
SELECT pg_temp.look(pg_temp.seen('i-3', 'r', 'running', '{"name":"ip-3","private_ip":"10.0.0.3"}'));
SELECT is((SELECT request_id || ' ' || status || ' ' || coalesce(result, '-') FROM hostq.machines WHERE instance_id = 'i-3'), 'r running -', 'an unknown machine of an open request is adopted');
SELECT is((SELECT details FROM hostq.event WHERE request_id = 'r' AND type = 'machine' ORDER BY at DESC LIMIT 1),
    '{"found":"adopted","status":"running","instance_id":"i-3"}', '... with an event');
SELECT hostq.cancel('r');
SELECT is((SELECT count(*) FROM hostq.requests WHERE cleanup_of = 'r'), 1::bigint, 'the cancel makes a clean-up');
SELECT pg_temp.look(pg_temp.seen('i-3', 'r', 'running'), pg_temp.seen('i-4', 'r', 'pending'));
SELECT is((SELECT count(*) FROM hostq.requests WHERE cleanup_of = 'r'), 2::bigint, 'one that appears under an ended request joins it');
SELECT ok((SELECT hostq.is_being_returned(machine_id) FROM hostq.machines WHERE instance_id = 'i-4'), '... and is returned');
SELECT pg_temp.look(pg_temp.seen('i-3', 'r', 'running'), pg_temp.seen('i-4', 'r', 'pending'));
SELECT is((SELECT count(*) FROM hostq.requests WHERE cleanup_of = 'r'), 2::bigint, '... once');

-- Orphans: of no request. Ended when seen again, and old enough.
SELECT pg_temp.look(pg_temp.seen('i-5', 'req-unknown', 'running'));
SELECT is((SELECT request_id || ' ' || result FROM hostq.machines WHERE instance_id = 'i-5'), 'watch:aws:default/us-east-1 fail', 'an orphan is the watch''s');
SELECT pg_temp.look(pg_temp.seen('i-5', 'req-unknown', 'running'));
SELECT ok(NOT (SELECT hostq.is_being_returned(machine_id) FROM hostq.machines WHERE instance_id = 'i-5'), 'a young one stays');
SELECT pg_temp.old('i-5');
SELECT pg_temp.look(NULL);
SELECT ok(NOT (SELECT hostq.is_being_returned(machine_id) FROM hostq.machines WHERE instance_id = 'i-5'), 'one that is not seen is not ended');
UPDATE hostq.deployment SET system_identifier = system_identifier + 1;
SELECT pg_temp.look(pg_temp.seen('i-5', 'req-unknown', 'running'));
SELECT ok(NOT (SELECT hostq.is_being_returned(machine_id) FROM hostq.machines WHERE instance_id = 'i-5'), 'a copy of the database ends none');
UPDATE hostq.deployment SET system_identifier = system_identifier - 1;
SELECT pg_temp.look(pg_temp.seen('i-5', 'req-unknown', 'running'));
SELECT ok((SELECT hostq.is_being_returned(machine_id) FROM hostq.machines WHERE instance_id = 'i-5'), 'the second sighting of an old one ends it');
SELECT is((SELECT count(*) FROM hostq.requests WHERE cleanup_of = 'watch:aws:default/us-east-1'), 1::bigint, '... by a clean-up of the watch');
SELECT is((SELECT provider_api || ' ' || account || ' ' || region FROM hostq.requests r JOIN hostq.request_body USING (request_id, provider_api, account, region)
    WHERE r.cleanup_of = 'watch:aws:default/us-east-1'), 'RunInstances default us-east-1', '... of that handler, account and region');
SELECT is(hostq.store_watch(pg_temp.id('watch:aws:default/us-east-1'), 98, 'h', 'b', '[]'), 0, 'another lease writes nothing');
SELECT * FROM finish();
ROLLBACK;
