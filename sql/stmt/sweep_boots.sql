-- sweep_boots: what belongs to earlier boots of this host. $1 host, $2 boot id
SELECT hostq.forget_older_boots($1, $2)
