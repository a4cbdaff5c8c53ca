-- Data that belongs to the code: edges, settings, queues. Applied at every
-- migrate; values that people changed stay.

INSERT INTO hostq.edges (from_state, verb, to_state, sentence) VALUES
 ('pending', 'claim', 'claimed', 'a daemon with a free place took the due request'),
 ('waiting', 'claim', 'claimed', 'a daemon took the request because its poll is due'),
 ('claimed', 'start', 'processing', 'the daemon had a slot and is about to work a round'),
 ('claimed', 'unclaim', 'pending', 'the daemon gave the request back before starting it'),
 ('processing', 'unclaim', 'pending', 'the daemon gave the request back without a verdict (stop, lost database)'),
 ('processing', 'wait', 'waiting', 'the outside needs time; the request is due again at next_poll_at'),
 ('processing', 'retry', 'pending', 'the attempt failed in a way that may pass; tried again at not_before'),
 ('processing', 'complete', 'completed', 'the work was done'),
 ('processing', 'fail', 'failed', 'the work failed for good, or a retry was refused'),
 ('claimed', 'fail', 'failed', 'no call can be made of it, or nothing serves it any more'),
 ('claimed', 'reclaim', 'pending', 'the owner died or let its lease expire; another daemon may claim'),
 ('processing', 'reclaim', 'pending', 'the owner died or let its lease expire; another daemon may claim'),
 ('processing', 'crash', 'failed', 'its daemon died while working it, max_crashes times'),
 ('pending', 'timeout', 'timeout', 'the deadline passed before it could be worked'),
 ('claimed', 'timeout', 'timeout', 'the deadline passed before it was started'),
 ('waiting', 'timeout', 'timeout', 'the deadline passed while the outside was still working'),
 ('processing', 'timeout', 'timeout', 'the deadline passed during a round that did not finish the work'),
 ('pending', 'cancel', 'canceled', 'somebody canceled it before it was claimed'),
 ('claimed', 'cancel', 'canceled', 'somebody canceled it; the owner is told to drop it'),
 ('processing', 'cancel', 'canceled', 'somebody canceled it; the owner is told to abort the call'),
 ('waiting', 'cancel', 'canceled', 'somebody canceled it between two polls'),
 ('pending', 'supersede', 'superseded', 'the other one of its racing pair won'),
 ('claimed', 'supersede', 'superseded', 'the other one of its racing pair won'),
 ('processing', 'supersede', 'superseded', 'the other one of its racing pair won'),
 ('waiting', 'supersede', 'superseded', 'the other one of its racing pair won'),
 ('failed', 'reopen', 'pending', 'a person asked for another try'),
 ('timeout', 'reopen', 'pending', 'a person asked for another try'),
 ('canceled', 'reopen', 'pending', 'a person asked for another try')
ON CONFLICT (from_state, verb) DO UPDATE
    SET to_state = excluded.to_state, sentence = excluded.sentence;

INSERT INTO hostq.settings AS s (name, value, dflt, type, min, max, help)
SELECT n, d, d, t, mi, ma, h FROM (VALUES
 ('account_limit', '0', 'int', 0, 1000000, 'Most machines per account and region, living or owed; 0 = no limit.'),
 ('callback_allow', '[]', 'json', NULL, NULL, 'URL prefixes that metadata.callback_url may have.'),
 ('claim_timeout_ms', '60000', 'int', 100, 86400000, 'A row claimed longer than this and not started is reclaimed, ms.'),
 ('default_timeout', '600', 'int', 1, 86400, 'Deadline of a provision or return that names none, s after submit.'),
 ('hf_partial_complete', 'false', 'bool', NULL, NULL, 'True: getRequestStatus tells partial success as complete instead of complete_with_error.'),
 ('hf_pass_ncores', 'false', 'bool', NULL, NULL, 'True: getAvailableTemplates passes the attribute ncores.'),
 ('hf_report_unknown', 'true', 'bool', NULL, NULL, 'True: getReturnRequests lists machines asked about that were never known.'),
 ('hf_store_pushed', 'false', 'bool', NULL, NULL, 'True: getAvailableTemplates stores the templates in its input.'),
 ('max_crashes', '3', 'int', 1, 100, 'A request whose daemon died this often while working it fails.'),
 ('max_machine_count', '100', 'int', 1, 10000, 'Most machines in one requestMachines of the call form.'),
 ('max_timeout', '3600', 'int', 1, 31536000, 'Longest timeout of a provision or return, s.'),
 ('min_timeout', '60', 'int', 1, 31536000, 'Shortest timeout of a provision or return, s.'),
 ('orphan_grace_ms', '300000', 'int', 0, 86400000, 'A machine with our owner tag that no request of this database made is ended when it is seen again this long after the first time, ms.'),
 ('partition_rows', '10000000', 'int', 1000, 1000000000000, 'Internal numbers of requests in one partition, at least; they grow with what is kept.'),
 ('priority_aging', '600', 'int', 1, 86400, 'A class whose oldest ready request waited longer goes first now and then, s.'),
 ('processing_timeout_ms', '3660000', 'int', 100, 604800000, 'A row processing longer than this is reclaimed, ms (call timeout + 60 s).'),
 ('regional_capacity', '{}', 'json', NULL, NULL, 'Most machines per region and instance type: {"region":{"type":n}}.'),
 ('retry_budget', '0', 'int', 0, 100000000, 'Most retries of a queue per minute, over all daemons, where the queue has no retry_budget of its own; those beyond are put off; 0 = no limit.'),
 ('row_security', 'off', 'text', NULL, NULL, 'on: database roles see and change only the namespaces that hostq.tenants gives them.'),
 ('schedule_grace', '60', 'int', 0, 600, 'A run of a schedule that is at most this late is made late; one that is later was missed, s.'),
 ('schedule_missed_max', '100', 'int', 1, 1000, 'Most missed runs that a schedule with the rule all makes at once, the latest.'),
 ('watch_grace_ms', '60000', 'int', 0, 3600000, 'A machine of a cloud that its provider does not show is not missed before it is this old, ms.'),
 ('watch_ms', '30000', 'int', 100, 3600000, 'How often the machines of a cloud account and region are looked at when nothing is under way there, ms.'),
 ('watch_pending_ms', '5000', 'int', 100, 3600000, 'The same while requests or machines are under way, ms.')
) v (n, d, t, mi, ma, h)
ON CONFLICT (name) DO UPDATE SET dflt = excluded.dflt, type = excluded.type,
    min = excluded.min, max = excluded.max, help = excluded.help,
    value = CASE WHEN s.value = s.dflt THEN excluded.dflt ELSE s.value END;

INSERT INTO hostq.queues (name, kind, max_retries, stop_before_deadline_ms, backoff_ms, backoff_factor,
    max_backoff_ms, timeout_s, audit, results) VALUES
 ('provision', 'provision', NULL, NULL, 1000, 2, 60000, NULL, 'full', 'none'),
 ('return', 'return', NULL, NULL, 1000, 2, 60000, NULL, 'full', 'none'),
 ('watch', 'watch', NULL, NULL, 1000, 2, 60000, NULL, 'stamps', 'none'),
 ('noop', 'noop', 2, NULL, 1000, 2, 60000, NULL, 'stamps', 'none'),
 ('http', 'http', 1000, 900000, 1000, 2, 60000, NULL, 'stamps', 'consume'),
 ('instance', 'instance', NULL, NULL, 1000, 2, 60000, 600, 'full', 'none')
ON CONFLICT (name) DO NOTHING;

INSERT INTO hostq.deployment (system_identifier)
SELECT system_identifier FROM pg_control_system()
WHERE NOT EXISTS (SELECT FROM hostq.deployment);
