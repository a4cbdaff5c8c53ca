-- The state machine in SQL: legal moves, and the words for the outside. That
-- hostq.edges equals src/core/states.def is tested with the C side.
BEGIN;
SELECT plan(16);

SELECT is(array_agg(e ORDER BY o), '{pending,claimed,processing,waiting,completed,failed,timeout,canceled,superseded}', 'the nine states')
FROM unnest(enum_range(NULL::hostq.state)::text[]) WITH ORDINALITY x (e, o);
SELECT is_empty($$SELECT * FROM hostq.edges WHERE from_state IN ('completed', 'superseded')$$, 'no way out of completed and superseded');
SELECT set_eq($$SELECT from_state::text, verb, to_state::text FROM hostq.edges WHERE from_state IN ('failed', 'timeout', 'canceled')$$,
    $$VALUES ('failed', 'reopen', 'pending'), ('timeout', 'reopen', 'pending'), ('canceled', 'reopen', 'pending')$$, 'only a person''s retry leads out of the other ends');
SELECT set_eq($$SELECT from_state::text FROM hostq.edges WHERE verb = 'cancel'$$, '{pending,claimed,processing,waiting}'::text[], 'every open state can be canceled');
SELECT set_eq($$SELECT from_state::text FROM hostq.edges WHERE to_state = 'claimed'$$, '{pending,waiting}'::text[], 'only unclaimed rows are claimed');
SELECT set_eq($$SELECT from_state::text FROM hostq.edges WHERE to_state = 'completed'$$, '{processing}'::text[], 'only work in hand completes');
SELECT set_eq($$SELECT DISTINCT to_state::text FROM hostq.edges$$,
    '{pending,claimed,processing,waiting,completed,failed,timeout,canceled,superseded}'::text[], 'every state is reached');
SELECT is_empty($$SELECT * FROM hostq.edges WHERE sentence !~ '\w+ \w+'$$, 'every move has its sentence');

SELECT set_eq($$SELECT s::text, f, hostq.json_word(s, f, NULL) FROM unnest(enum_range(NULL::hostq.state)) s, unnest('{true,false}'::boolean[]) f$$,
    $$VALUES ('pending', false, 'PENDING'), ('claimed', false, 'PENDING'), ('processing', false, 'IN_PROGRESS'), ('waiting', false, 'IN_PROGRESS'),
      ('pending', true, 'IN_PROGRESS'), ('claimed', true, 'IN_PROGRESS'), ('processing', true, 'IN_PROGRESS'), ('waiting', true, 'IN_PROGRESS'),
      ('completed', true, 'COMPLETED'), ('completed', false, 'COMPLETED'), ('failed', true, 'FAILED'), ('failed', false, 'FAILED'),
      ('timeout', true, 'TIMEOUT'), ('timeout', false, 'TIMEOUT'), ('canceled', true, 'CANCELLED'), ('canceled', false, 'CANCELLED'),
      ('superseded', true, 'CANCELLED'), ('superseded', false, 'CANCELLED')$$, 'JSON words (M2)');
SELECT is(hostq.json_word('failed', true, 'partial'), 'PARTIAL_SUCCESS', 'kept machines of a failed request are a partial success');
SELECT is(hostq.json_word('failed', true, 'max_retries'), 'FAILED', 'other reasons are not');
SELECT set_eq($$SELECT s::text, hostq.hf_word(s, NULL, false) FROM unnest(enum_range(NULL::hostq.state)) s$$,
    $$VALUES ('pending', 'running'), ('claimed', 'running'), ('processing', 'running'), ('waiting', 'running'), ('completed', 'complete'),
      ('failed', 'complete_with_error'), ('timeout', 'complete_with_error'), ('canceled', 'complete_with_error'),
      ('superseded', 'complete_with_error')$$, 'words of the scripts');
SELECT is(hostq.hf_word('failed', 'partial', true), 'complete', 'a setting tells partial success as complete');
SELECT is(hostq.hf_word('failed', 'config', true), 'complete_with_error', 'and only that');
SELECT set_eq($$SELECT st, hostq.machine_result('provision', NULL, st, 'n', '10.0.0.1') AS a, hostq.machine_result('provision', NULL, st, NULL, '10.0.0.1') AS b,
        hostq.machine_result('provision', NULL, st, 'n', '') AS c, hostq.machine_result('return', NULL, st, 'n', '10.0.0.1') AS d
    FROM unnest('{pending,running,stopping,stopped,shutting-down,terminated}'::text[]) st$$,
    $$VALUES ('pending', 'executing', 'executing', 'executing', 'executing'), ('running', 'succeed', 'executing', 'executing', 'executing'),
      ('stopping', 'fail', 'fail', 'fail', 'executing'), ('stopped', 'fail', 'fail', 'fail', 'succeed'),
      ('shutting-down', 'fail', 'fail', 'fail', 'executing'), ('terminated', 'fail', 'fail', 'fail', 'succeed')$$, 'results of machines');
SELECT is(hostq.machine_result('provision', 'succeed', 'terminated', 'n', 'i'), 'succeed', 'a fixed result stays');

SELECT * FROM finish();
ROLLBACK;
