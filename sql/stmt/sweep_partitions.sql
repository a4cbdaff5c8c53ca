-- sweep_partitions: makes one of the coming partitions. Columns: n.
SELECT hostq.sweep_partitions() AS n
