-- cli_explain: why one request is not running.
-- $1 id of the request. Columns: answer (jsonb: requestId, state, why_not; or an error).
SELECT CASE WHEN r ? 'error' THEN r ELSE jsonb_build_object('requestId', r->'requestId',
    'state', r->'state', 'why_not', hostq.why_not($1)) END AS answer
FROM hostq.result($1) r
