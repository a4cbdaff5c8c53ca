#!/bin/sh
# getAvailableTemplates: order of the file, bad ones left out and named,
# maxNumber 0 and -1, key hygiene, changes of the file, names of the file; two
# provider instances with equal ids in one database. M21 M23
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 60
pg_start
hf_instance hostqinst
ids() {
    hf_value '[.templates[].templateId] | join(" ")'
}

hf_templates "$(unit Zebra 5)" "$(unit middle -1)" "$(unit Alpha 0)" "$(unit beta 10000)"
hf getAvailableTemplates '{}'
shows "four templates" "$hf_out" 'templates_answer and .message == "Get available templates success."'
is "in the order of the file" "$(ids)" "Zebra middle Alpha beta"
shows "maxNumber 0: none is available" "$hf_out" '.templates[2] | .maxNumber == 0 and .availableNumber == 0'
shows "maxNumber -1: no availableNumber" "$hf_out" '.templates[1] | .maxNumber == -1 and (has("availableNumber") | not)'
hf requestMachines '{"template":{"templateId":"Alpha","machineCount":1}}'
is "maxNumber 0: refused" "$hf_status" 1
shows "... with what is free" "$hf_out" 'failure and (.message | contains("0 free"))'
hf requestMachines '{"template":{"templateId":"middle","machineCount":10001}}'
is "maxNumber -1: 10001 are refused" "$hf_status" 1
hf requestMachines '{"template":{"templateId":"middle","machineCount":10000}}'
is "... 10000 are taken" "$hf_status" 0
hf getAvailableTemplates '{}'
shows "... and still told as -1" "$hf_out" '.templates[1] | .maxNumber == -1 and (has("availableNumber") | not)'
hf requestMachines '{"template":{"templateId":"Zebra","machineCount":5.0}}'
is "5.0 is 5" "$hf_status" 0
hf getAvailableTemplates '{}'
shows "none of the five is free" "$hf_out" '.templates[0].availableNumber == 0'

hf_templates "$(unit beta 10000)" "$(unit Alpha 3)" "$(unit Zebra 5)"
hf getAvailableTemplates '{}'
is "a changed file counts at the next call, its order too" "$(ids)" "beta Alpha Zebra"
hf requestMachines '{"template":{"templateId":"middle","machineCount":1}}'
shows "one that is no longer in it is not found" "$hf_out" 'failure and (.message | contains("Template '"'middle'"' not found"))'
hf_templates "$(unit Alpha 4)"
hf requestMachines '{"template":{"templateId":"Alpha","machineCount":4}}'
is "requestMachines, too, reads the changed file" "$hf_status" 0

hf_templates "$(unit good 5)" '{"templateId":"no-attributes","maxNumber":5,"providerApi":"process","command":["x"]}' \
    "$(unit many 10001)" "$(unit api 5 | sed 's/"process"/"Foo"/')" 7 "$(unit good 6)" "$(unit 'bad id' 5)" \
    "$(unit policy 5 '"partialPolicy":"some"')" "$(unit nocmd 5 '"command":[]')" "$(unit spot 5 '"priceType":"spot"')" \
    '{"maxNumber":5}' "$(unit last 1)"
hf getAvailableTemplates '{}'
is "bad templates: exit 0" "$hf_status" 0
shows "... the good ones are there" "$hf_out" templates_answer
is "... in their order" "$(ids)" "good last"
shows "... the first of two equal ids counts" "$hf_out" '.templates[0].maxNumber == 5'
for bad in no-attributes many api 'templates\[4\]' 'templates\[5\] \(good\)' 'bad id' policy nocmd spot 'templates\[10\]'; do
    like "... $bad is named in the message" "$(hf_value .message)" "$bad"
    like "... and on stderr" "$hf_err" "$bad"
done
hf requestMachines '{"template":{"templateId":"api","machineCount":1}}'
shows "asking for a bad one is refused by its problem" "$hf_out" 'failure and (.message | contains("api") and contains("Foo") and contains("process"))'
hf_templates 1
hf getAvailableTemplates '{}'
is "all bad: exit 0" "$hf_status" 0
shows "... and an empty list" "$hf_out" 'templates_answer and .templates == []'
hf_templates
hf getAvailableTemplates '{}'
shows "none: an empty list" "$hf_out" 'templates_answer and .templates == [] and .message == "Get available templates success."'

# Attributes as pairs of texts; keys that HostFactory must not see; others as they are.
hf_templates '{"templateId":"odd","maxNumber":2,"providerApi":"process","command":["sleep","1"],
    "attributes":{"type":"X86_64","ncpus":1,"nram":["Numeric","1024"],"ncores":["Numeric","4"],"rank":5,"gpu":true,
        "priceInfo":["String","price:0.1,billingTimeUnitType:prorated_hour"]},
    "maxSpotPrice":0.1,"vmTypesOnDemand":{},"vmTypesPriority":{},"percentOnDemand":1,"allocationStrategyOnDemand":"x",
    "fleetRole":"x","instanceTags":{"a":"b"},"vmTypes":{"m3.medium":1},"pgrpName":null,"onDemandCapacity":0,"x":{"y":[1.5]}}'
hf getAvailableTemplates '{}'
shows "attributes are pairs of texts, rank and priceInfo stay, ncores goes" "$hf_out" 'templates_answer and .templates[0].attributes
    == {"type":["String","X86_64"],"ncpus":["Numeric","1"],"nram":["Numeric","1024"],"rank":["Numeric","5"],"gpu":["Boolean","true"],
        "priceInfo":["String","price:0.1,billingTimeUnitType:prorated_hour"]}'
shows "no spot key on an ondemand template" "$hf_out" '.templates[0] | has("maxSpotPrice", "vmTypesOnDemand", "vmTypesPriority",
    "percentOnDemand", "allocationStrategyOnDemand", "fleetRole") | not'
shows "other keys pass, tags as a text" "$hf_out" '.templates[0] | .vmTypes == {"m3.medium":1} and .pgrpName == null
    and has("pgrpName") and .onDemandCapacity == 0 and .x == {"y":[1.5]} and .instanceTags == "a=b"'
hf getAvailableTemplates "{\"templates\":[$(unit pushed 5)]}"
is "a push is not a filter" "$(ids)" odd

# Names of the file, the first that exists; a byte order mark.
dir=$HF_PROVIDER_CONFDIR
named() { # FILE ID
    printf '\357\273\277{"templates":[%s]}' "$(unit "$2" 1)" >"$dir/$1"
}
rm "$dir"/*
named templates.json third
hf getAvailableTemplates
is "templates.json" "$(ids)" third
named awsprov_templates.json second
hf getAvailableTemplates
is "awsprov_templates.json goes first" "$(ids)" second
named hostqinstprov_templates.json first
hf getAvailableTemplates
is "the instance's own goes before it" "$(ids)" first
echo '[]' >"$dir/hostqinstprov_config.json"
hf getAvailableTemplates
is "a bad config file: exit 1" "$hf_status" 1
like "... named" "$(hf_value .message)" "hostqinstprov_config.json"
rm "$dir"/*

# Two instances, equal ids. What was asked for above is not wanted.
sql "SELECT count(hostq.cancel(request_id)) FROM hostq.requests" >/dev/null
daemon_start d1
hf_templates "$(unit same 2)"
hf requestMachines '{"template":{"templateId":"same","machineCount":2}}'
a=$(hf_value .requestId)
hf_ends "$a" complete 10
held=$(hf_value '{machines: [.requests[0].machines[] | {name, machineId}]} | tojson')
hf requestMachines '{"template":{"templateId":"same","machineCount":1}}'
is "instance one has used its two" "$hf_status" 1
hf_instance twoinst
hf_templates "$(unit same 3 '"instanceTags":"x=2"')"
hf getAvailableTemplates
shows "instance two has three of its own" "$hf_out" '.templates | length == 1 and .[0].availableNumber == 3 and .[0].instanceTags == "x=2"'
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$a\"}]}"
shows "... does not know the other's request" "$hf_out" 'status_answer and (.requests[0] | .status == "complete_with_error" and .machines == [])'
hf getReturnRequests '{}'
shows "... nor its machines" "$hf_out" 'returns_answer and .requests == []'
hf requestReturnMachines "$held"
shows "... and returns none of them" "$hf_out" 'request_answer and (.message | startswith("No Active VM."))'
hf requestMachines '{"template":{"templateId":"same","machineCount":3}}'
b=$(hf_value .requestId)
hf_ends "$b" complete 10
shows "... its machines carry its tags" "$hf_out" '.requests[0].machines | length == 3 and all(.instanceTags == "x=2")'
is "five processes" "$(machine_pids | wc -l)" 5
