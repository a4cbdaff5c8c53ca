-- sweep_house: old waiters, aborts, daemons; coming partitions.
SELECT hostq.sweep_house()
