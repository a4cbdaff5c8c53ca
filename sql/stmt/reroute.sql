-- reroute: returns whose machines here are gone go on where others are left.
-- $1 ids int8[]
SELECT hostq.reroute($1::int8[])
