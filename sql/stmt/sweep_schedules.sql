-- sweep_schedules: submits the runs of schedules that are due.
-- $1 at most. Columns: n, next_us (until the next run of any; null: there is none).
SELECT n, (SELECT hostq.schedule_us()) AS next_us FROM hostq.run_schedules($1::int) n
