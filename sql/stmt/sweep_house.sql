-- sweep_house: old waiters, aborts, daemons, keys.
-- Columns: horizon_us (how long the xmin horizon has been held back; 0: it is not).
SELECT hostq.horizon_us() AS horizon_us FROM hostq.sweep_house()
