-- sweep_stale: nets behind the locks. $1 at most. Columns: n.
SELECT hostq.sweep_stale($1::int) AS n
