-- cli_wait_end: ends all waiting on a channel.
-- $1 channel. Columns: one, of no interest.
SELECT hostq.wait_end($1)
