-- order_goes_on: in the transaction that ends requests with ordering keys: lets the next ones go.
-- $1 ids int8[], $2 leases int8[] (of the claims that may have ended them)
SELECT hostq.order_goes_on($1::int8[]) WHERE cardinality($2::int8[]) > 0
