#!/bin/sh
# sigv4.t - our signatures and bodies are those of botocore and of libcurl; see
# sigv4.py. PYTHON names an interpreter that has botocore.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
python=${PYTHON:-python3}
"$python" -c 'import botocore' 2>"$tmp/import" ||
    skip_all "$python has no botocore: $(tail -n 1 "$tmp/import")"
PYTHONDONTWRITEBYTECODE=1 "$python" "$top_srcdir/tests/moto/sigv4.py" "$top_builddir"
