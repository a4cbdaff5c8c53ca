-- cli_explain: why one request is not running.
-- $1 id of the request. Columns: answer (jsonb: requestId, state, why_not; or an error, which tells of a submit that made no request or a schedule).
SELECT CASE WHEN NOT r ? 'error' THEN jsonb_build_object('requestId', r->'requestId', 'state', r->'state', 'why_not', w)
    WHEN strpos(w, ': its submit was ') > 0 OR strpos(w, ': schedule ') > 0 THEN jsonb_set(r, '{error,message}', to_jsonb(w))
    ELSE r END AS answer
FROM hostq.result($1) r CROSS JOIN hostq.why_not($1) w
