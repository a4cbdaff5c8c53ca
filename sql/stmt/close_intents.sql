-- close_intents: their calls got a definite answer; before the settle of the same transaction.
-- $1 ids int8[], $2 leases int8[]
DELETE FROM hostq.intents i USING unnest($1::int8[], $2::int8[]) s (id, lease)
WHERE i.id = s.id AND EXISTS (SELECT FROM hostq.queue q WHERE q.id = s.id AND q.lease = s.lease)
