# sql2c.awk - makes the C form of SQL files.
#   awk -v want=enum -f sql2c.awk stmt/*.sql          -> stmt_enum.inc
#   awk -v want=text -f sql2c.awk DIR/*.sql           -> stmt.inc, file by file
# For want=text the sha256 sums come from sums, a file of sha256sum output.
# The header comment of a statement (lines that begin with --) is left out;
# migrations and functions are kept whole.
function base(path)
{
    sub(/^.*\//, "", path)
    return path
}

function quote(line)
{
    gsub(/\\/, "\\\\\\\\", line)
    gsub(/"/, "\\\"", line)
    gsub(/\t/, "\\t", line)
    return "    \"" line "\\n\""
}

function name_of(path)
{
    path = base(path)
    sub(/\.sql$/, "", path)
    return path
}

function dir_of(path)
{
    sub(/\/[^\/]*$/, "", path)
    return base(path)
}

BEGIN {
    if (want == "enum")
        print "enum stmt {"
    else
        while ((getline line < sums) > 0) {
            split(line, part, /[ *]+/)
            sum[base(part[2])] = part[1]
        }
}

FNR == 1 {
    dir = dir_of(FILENAME)
    if (want == "enum") {
        print "    STMT_" toupper(name_of(FILENAME)) ","
    } else {
        if (NR > 1)
            print "    \"\"},"
        if (dir != last_dir) {
            if (NR > 1)
                print "};"
            print "static const struct sql_file " dir "_files[] = {"
            last_dir = dir
        }
        shown = dir == "stmt" ? name_of(FILENAME) : base(FILENAME)
        print "    {\"" shown "\", \"" sum[base(FILENAME)] "\","
        header = dir == "stmt"
    }
}

want == "text" {
    if (header && /^--/)
        next
    header = 0
    print quote($0)
}

END {
    if (want == "enum")
        print "    STMT_COUNT\n};"
    else
        print "    \"\"},\n};"
}
