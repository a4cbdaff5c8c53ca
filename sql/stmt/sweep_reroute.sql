-- sweep_reroute: returns that wait for a host without a daemon. Columns: n.
SELECT hostq.reroute_unserved() AS n
