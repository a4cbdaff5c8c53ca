#!/bin/sh
# validate-templates: the check of the scripts without a database; a broken
# template is named with key and value. M37
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 74
PGHOST=$tmp/nowhere
export PGHOST
hf_instance hostqinst
dir=$HF_PROVIDER_CONFDIR

hf_templates "$(unit good 5)" "$(unit other -1)"
out=$(hostq validate-templates 2>"$tmp/err")
is "the instance's folder: exit 0" $? 0
is "... nothing on stderr" "$(cat "$tmp/err")" ""
is "... a line each" "$(echo "$out" | cut -f1,2,3 | tr '\t\n' '  ')" "good process 5 other process -1 "
out=$(hostq validate-templates "$dir" --json)
shows "a folder, --json" "$out" '[.[] | .templateId, .valid, .providerApi, .maxNumber] == ["good", true, "process", 5, "other", true, "process", -1]'
out=$(unset HF_PROVIDER_NAME HF_PROVIDER_CONFDIR HF_CONFDIR; hostq validate-templates -f "$dir/hostqinstprov_templates.json")
is "a file, without the environment: exit 0" $? 0

bad() { # NAME TEMPLATE ERE
    hf_templates "$(unit good 5)" "$2"
    out=$(hostq validate-templates --json 2>"$tmp/err")
    is "$1: exit 2" $? 2
    like "... id, key and value are named" "$(cat "$tmp/err")" "^hostq: .*hostqinstprov_templates.json: 1 problem: $3"
    shows "... the other one is valid" "$out" '.[0].valid == true and (length == 1 or .[1].valid == false)'
}
bad "maxNumber" "$(unit broken 10001)" 'broken: maxNumber .*10001'
bad "maxNumber is a text" "$(unit broken '"5"')" 'broken: maxNumber .*'
bad "no maxNumber" "$(unit broken 5 | sed 's/"maxNumber":5,//')" 'broken: maxNumber .*missing'
bad "no attributes" "$(unit broken 5 | sed 's/"attributes"/"attribute"/')" 'broken: attributes .*missing'
bad "no nram" "$(unit broken 5 | sed 's/"nram"/"mem"/')" 'broken: attributes.nram .*missing'
bad "ncpus 0" "$(unit broken 5 | sed 's/"ncpus":\["Numeric","1"\]/"ncpus":0/')" 'broken: attributes.ncpus .*0'
bad "kind of an attribute" "$(unit broken 5 | sed 's/"String"/"Text"/')" 'broken: attributes.type .*Text'
bad "providerApi" "$(unit broken 5 | sed 's/"process"/"Foo"/')" "broken: providerApi .*Foo.*process"
bad "partialPolicy" "$(unit broken 5 '"partialPolicy":"some"')" 'broken: partialPolicy .*some.*clean.*keep'
bad "command" "$(unit broken 5 '"command":[]')" 'broken: command .*\[\]'
bad "workDir" "$(unit broken 5 '"workDir":"relative"')" 'broken: workDir .*relative.*absolute'
bad "readyAfter" "$(unit broken 5 '"readyAfter":-1')" 'broken: readyAfter .*-1'
bad "drainTimeout" "$(unit broken 5 '"drainTimeout":3601')" 'broken: drainTimeout .*3601'
bad "environment" "$(unit broken 5 '"environment":{"A":1}')" 'broken: environment.A.*'
bad "a name of ours in environment" "$(unit broken 5 '"environment":{"HOSTQ_UNIT":"x"}')" "broken: environment .*HOSTQ_UNIT"
bad "instanceTags" "$(unit broken 5 '"instanceTags":"novalue"')" 'broken: instanceTags.*novalue'
bad "userDataScript" "$(unit broken 5 '"userDataScript":"/nonexistent/script"')" 'broken: userDataScript.*/nonexistent/script'
bad "templateId" "$(unit 'a b' 5)" 'a b: templateId .*a b'
bad "no templateId" '{"maxNumber":1}' 'templates\[1\].*templateId is missing'
bad "twice the same" "$(unit good 6)" 'templates\[1\] \(good\).*twice'
bad "no object" 7 'templates\[1\].*not an object'

out=$(hostq validate-templates "$tmp/nosuch" 2>&1)
is "no such folder: exit 2" $? 2
like "... named" "$out" "$tmp/nosuch"
out=$(hostq validate-templates -f "$tmp/nosuch" 2>&1)
is "no such file: exit 2" $? 2
like "... named" "$out" "$tmp/nosuch.*No such file"
echo '{"templates":7}' >"$tmp/t"
out=$(hostq validate-templates -f "$tmp/t" 2>&1)
is "templates is no list: exit 2" $? 2
like "... named" "$out" "templates .*not a list"
