-- give_back_unknown: after a lost connection: claims of ours whose answer never arrived. F28
-- $1 own epoch, $2 ids in hand int8[], $3 their leases int8[]. Columns: n.
SELECT hostq.give_back_unknown($1::int, $2::int8[], $3::int8[]) AS n
