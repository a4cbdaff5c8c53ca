-- late_machines: machines stored under requests that had ended join their clean-up.
-- $1 ids int8[]. Columns: made.
SELECT hostq.late_machines($1::int8[]) AS made
