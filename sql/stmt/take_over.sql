-- take_over: declares a daemon dead and gives its rows to the living. F10, F11
-- $1 dead epoch, $2 own epoch, $3 scans int[] or null (whole queue), $4 bounds int8[] (us)
-- Columns: taken (-1: it is not dead).
SELECT hostq.take_over($1::int, $2::int, $3::int[],
    (SELECT array_agg('epoch'::timestamptz + b * interval '1 us' ORDER BY n) FROM unnest($4::int8[]) WITH ORDINALITY x (b, n))) AS taken
