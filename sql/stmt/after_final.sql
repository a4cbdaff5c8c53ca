-- after_final: in the transaction that ends provisions and returns: results of machines, clean-up.
-- $1 ids int8[]
SELECT hostq.after_final($1::int8[])
