-- work_settings: plans of the ledger's connection, so that no statistics can turn them (spec/queues.md 5.3).
-- A statement or a lock that takes too long fails, so that the heartbeat of the same connection stays in time.
-- $1 application name, $2 statement timeout ms, $3 lock timeout ms. Columns: of no interest.
SELECT set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false),
    set_config('enable_bitmapscan', 'off', false), set_config('enable_hashjoin', 'off', false),
    set_config('enable_mergejoin', 'off', false), set_config('jit', 'off', false),
    set_config('statement_timeout', $2, false), set_config('lock_timeout', $3, false),
    set_config('application_name', $1, false)
