# wal - what a request writes: bytes of WAL without and with the images of
# whole pages, row versions, and how many updates of the queue were HOT.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

# Sets $lsn, $ins, $upd, $hot, $del.
wal_look() {
    sql "SELECT pg_stat_force_next_flush()" >/dev/null
    # Backends that have ended have told what they counted; idle ones, within a second.
    nap 1.2
    IFS='|' read -r lsn ins upd hot del < <(sql "SELECT pg_current_wal_insert_lsn(), sum(n_tup_ins), sum(n_tup_upd),
        sum(n_tup_hot_upd), sum(n_tup_del) FROM pg_stat_user_tables WHERE schemaname = 'hostq'
        AND relname ~ '^(queue|request_body|finished|event)'")
}

# Bytes of records and of page images from one place to another.
wal_bytes() { # FROM TO
    as_pg "$PGBIN/pg_waldump" -p "$dir/pg/data/pg_wal" --stats -s "$1" -e "$2" 2>/dev/null |
        awk '$1 == "Total" {print $3, $5}' | tr -d '%[]'
}

wal_step() { # SUBJECT STEP N CMD...
    local subject=$1 step=$2 n=$3 from ins0 upd0 hot0 del0 record image
    shift 3
    wal_look
    from=$lsn ins0=$ins upd0=$upd hot0=$hot del0=$del
    "$@"
    wal_look
    read -r record image < <(wal_bytes "$from" "$lsn")
    [ -n "${image:-}" ] || die "pg_waldump tells no total from $from to $lsn"
    sample "$subject" "$step: WAL" "bytes" $((record / n))
    sample "$subject" "$step: page images" "bytes" $((image / n))
    sample "$subject" "$step: row versions" "rows" "$(ratio $((ins - ins0 + upd - upd0 + del - del0)) "$n")"
    [ "$upd" = "$upd0" ] || sample "$subject" "$step: HOT" ratio "$(ratio $((hot - hot0)) $((upd - upd0)))"
}

scenario_wal() {
    local s list
    mapfile -t list < <(hostq_subjects)
    for round in $(seq "$repeat"); do
        for s in "${list[@]}"; do
            hostq_audit "${s#*/}"
            hostq_empty
            hostq_mark
            sql CHECKPOINT
            calibrate
            wal_step "$s" "submit" "$rows" hostq_submit "$rows"
            wal_step "$s" "work" "$rows" hostq_drain "$rows"
        done
    done
    hostq_empty
}
