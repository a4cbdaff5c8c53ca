-- sweep_retention: one step of forgetting what is older than its queue's retention. $1 at most. Columns: n.
SELECT hostq.sweep_retention($1::int) AS n
