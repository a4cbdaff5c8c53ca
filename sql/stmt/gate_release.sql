-- gate_release: this daemon has work; another idle one may take the gate.
-- All: the answer to a take may have been lost, and it would count twice.
SELECT pg_advisory_unlock_all(), pg_notify('hostq_work', '-gate')
