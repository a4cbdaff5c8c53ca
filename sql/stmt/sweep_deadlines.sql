-- sweep_deadlines: ends what nobody works and whose deadline passed; puts off retries beyond the budget.
-- $1 at most. Columns: n, put_off.
SELECT hostq.sweep_deadlines($1::int) AS n, hostq.put_off_retries($1::int) AS put_off
