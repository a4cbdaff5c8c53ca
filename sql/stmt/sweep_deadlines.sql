-- sweep_deadlines: ends what nobody works and whose deadline passed. $1 at most. Columns: n.
SELECT hostq.sweep_deadlines($1::int) AS n
