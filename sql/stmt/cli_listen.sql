-- cli_listen: listens to a channel of one's own. LISTEN takes no parameter, so the caller puts the rest of the
-- name (lower-case letters, digits, _) right behind this text.
-- Columns: none.
LISTEN hostq_w
