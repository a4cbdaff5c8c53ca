-- gate_release: this daemon has work; another idle one may take the gate.
SELECT pg_advisory_unlock(1751544689, 1), pg_notify('hostq_work', '')
