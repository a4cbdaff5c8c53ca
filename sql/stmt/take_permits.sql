-- take_permits: what this daemon may do of limited keys. F9.
-- $1 epoch, $2 keys int[] (numbers), $3 permits that it holds of each int[], $4 what it works int[], $5 how many more it wants
-- int[], $6 starts that it has left int[]; where rows may be due: $7 keys int[], $8 scans int[], $9 lower bounds int8[] (us since 1970, null: none)
-- Columns: key, held (permits; null: as before), starts, work (something of the key is due).
SELECT key, held, starts, work
FROM hostq.take_permits($1::int, $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int8[])
