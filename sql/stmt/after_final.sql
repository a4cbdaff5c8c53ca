-- after_final: in the transaction that ends provisions and returns: results of machines, clean-up.
-- $1 ids int8[], $2 leases int8[]: only what these claims ended
SELECT hostq.after_final($1::int8[], $2::int8[])
