-- 0011: a partition is made by itself, in a transaction of its own.

-- Replaced by hostq.sweep_partitions(), and by one that says whether it did it.
DROP FUNCTION IF EXISTS hostq.make_partitions(timestamptz);
DROP FUNCTION IF EXISTS hostq.make_partition(text, text, text, text);
