#!/bin/sh
# What the scripts read besides their input: the files of the provider
# instance and what is stored of them, templates that HostFactory pushes, the
# variables that HostFactory sets; and the shipped examples. M37 M38
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 79
pg_start
ids() {
    hf_value '[.templates[].templateId] | join(" ")'
}
stored() { # COLUMN: of the instance's provider
    sql "SELECT $1 FROM hostq.providers WHERE namespace = 'hostqinst'"
}
rejected() {
    sql "SELECT count(*) FROM hostq.event WHERE type = 'rejected'"
}

# The examples, as they are shipped.
examples=$top_srcdir/contrib/hostfactory
PGHOST=$tmp/nowhere hostq validate-templates -f "$examples/hostqprov_templates.json" >"$tmp/out" 2>&1
is "the shipped templates are valid, without a database" $? 0
is "... both" "$(cut -f1,2 "$tmp/out" | tr '\t\n' '  ')" "process-small process process-service process "
PGHOST=$tmp/nowhere hostq validate-templates -f "$examples/ec2/hostqprov_templates.json" >"$tmp/out" 2>&1
is "those of EC2 are valid, too" "$? $(cut -f1,2 "$tmp/out" | tr '\t\n' '  ')" "0 ec2-ondemand RunInstances ec2-spot RunInstances "
shows "their config file" "$(cat "$examples/ec2/hostqprov_config.json")" '.AWS_REGION and .AWS_CREDENTIAL_FILE and .AWS_PROFILE'
shows "the config file" "$(cat "$examples/hostqprov_config.json")" '. == {"ACCEPT_PROPAGATED_LOG_SETTING":false}'
shows "conf/providerplugins" "$(cat "$examples/conf/providerplugins/hostProviderPlugins.json")" '.version == 2 and (.providerplugins
    | length == 1 and (.[0] | .name == "hostq" and .enabled == 1 and (.scriptPath | startswith("${HF_TOP}/") and endswith("/"))))'
shows "conf/providers: the plugin of that name" "$(cat "$examples/conf/providers/hostProviders.json")" '.version == 2 and (.providers
    | length == 1 and (.[0] | .enabled == 1 and .plugin == "hostq" and (.name as $n | .confPath, .workPath | endswith("/providers/\($n)/"))
    and .logPath == "${HF_LOGDIR}/"))'
shows "conf/requestors: each may use that provider" "$(cat "$examples/conf/requestors/hostRequestors.json")" '.version == 2 and (.requestors
    | length == 2 and all(.enabled == 1 and .providers == ["hostqinst"] and (.requestMode | IN("POLL", "REST_MANUAL"))))'
shows "lsf/hostProviders" "$(cat "$examples/lsf/hostProviders.json")" '.providers | length == 1 and (.[0] | .type == "awsProv"
    and (.name, .confPath, .scriptPath | name_rule))'
is "nothing else is shipped" "$(cd "$examples" && find . -name '*.json' | wc -l)" 8

# An instance that HostFactory made of the examples.
hf_instance hostqinst
cp "$examples/hostqprov_templates.json" "$HF_PROVIDER_CONFDIR/hostqinstprov_templates.json"
cp "$examples/hostqprov_config.json" "$HF_PROVIDER_CONFDIR/hostqinstprov_config.json"
hf getAvailableTemplates '{}'
shows "an instance of the examples" "$hf_out" 'templates_answer and [.templates[].templateId] == ["process-small","process-service"]
    and .message == "Get available templates success."'
shows "its config file is stored" "$(stored config)" '. == {"ACCEPT_PROPAGATED_LOG_SETTING":false}'

# Stored when the hash changes, and only then.
hash=$(stored files_hash) at=$(stored stored_at)
hf getAvailableTemplates '{}'
is "the same files are not stored again" "$(stored files_hash) $(stored stored_at)" "$hash $at"
config() {
    printf '%s' "$1" >"$HF_PROVIDER_CONFDIR/hostqinstprov_config.json"
}
config '{"AWS_REGION":"eu-west-1","own":{"list":[1,2.50]}}'
hf requestMachines '{"template":{"templateId":"process-small","machineCount":1}}'
shows "another config file is stored, at requestMachines, too" "$(stored config)" '. == {"AWS_REGION":"eu-west-1","own":{"list":[1,2.50]}}'
ok "... under another hash" [ "$(stored files_hash)" != "$hash" ]
config '{}'
hf getRequestStatus '{"requests":[]}'
hf getReturnRequests '{}'
shows "scripts that need no template do not read it" "$(stored config)" 'has("own")'
rm "$HF_PROVIDER_CONFDIR/hostqinstprov_config.json"
hf getAvailableTemplates '{}'
shows "no config file: {}" "$(stored config)" '. == {}'

# userDataScript: a path beside the template file, an absolute one, the text itself.
user_data() {
    sql "SELECT user_data FROM hostq.templates WHERE namespace = 'hostqinst' AND template_id = '$1'"
}
printf '#!/bin/sh\necho relative\n' >"$HF_PROVIDER_CONFDIR/user.sh"
printf '#!/bin/sh\necho "ä absolute" $1\n' >"$tmp/user.sh"
hf_templates "$(unit relative 5 '"userDataScript":"user.sh"')" "$(unit absolute 5 "\"userDataScript\":\"$tmp/user.sh\"")" \
    "$(unit text 5 '"userDataScript":"#!/bin/sh\necho text\n"')" "$(unit none 5)" "$(unit gone 5 "\"userDataScript\":\"$tmp/nosuch.sh\"")"
hf getAvailableTemplates '{}'
is "templates with userDataScript" "$(ids)" "relative absolute text none"
is "... its text is stored: a file beside" "$(user_data relative)" "$(cat "$HF_PROVIDER_CONFDIR/user.sh")"
is "... a file elsewhere" "$(user_data absolute)" "$(cat "$tmp/user.sh")"
is "... the text itself" "$(user_data text)" "#!/bin/sh
echo text"
is "... none" "$(user_data none)" ""
like "... one that is not there is named" "$(hf_value .message)" "gone: userDataScript.*nosuch.sh"
hash=$(stored files_hash)
echo 'echo changed' >>"$HF_PROVIDER_CONFDIR/user.sh"
hf getAvailableTemplates '{}'
like "a changed script is stored" "$(user_data relative)" 'changed'
ok "... under another hash" [ "$(stored files_hash)" != "$hash" ]

# What HostFactory pushes.
hf_templates "$(unit file 5)"
push="{\"templates\":[$(unit one 5),$(unit bad 10001),$(unit two 7)]}"
hf getAvailableTemplates "$push"
is "a push is not stored by default" "$hf_status $(ids)" "0 file"
like "... but told on stderr" "$hf_err" "templates were pushed by HostFactory"
hostq set hf_store_pushed true >/dev/null
hf getAvailableTemplates "$push"
is "with the setting: judged and stored" "$hf_status $(ids)" "0 one two"
shows "... the bad one is named" "$hf_out" 'templates_answer and (.message | contains("bad: maxNumber") and contains("10001"))'
is "... it is in the table with its problem" "$(sql "SELECT template_id, valid, problem IS NULL FROM hostq.templates
    WHERE namespace = 'hostqinst' ORDER BY ordinal" | tr '\n' ' ')" "one|t|t bad|f|f two|t|t "
hf getAvailableTemplates '{}'
is "it stays in force at the next call" "$(ids)" "one two"
hf requestMachines '{"template":{"templateId":"two","machineCount":7}}'
is "... for requestMachines, too" "$hf_status" 0
hf requestMachines '{"template":{"templateId":"file","machineCount":1}}'
shows "... which knows the file's no more" "$hf_out" 'failure and (.message | contains("file"))'
hf getAvailableTemplates "{\"templates\":$(unit single 3)}"
is "a single object" "$hf_status $(ids)" "0 single"
hf getAvailableTemplates '{}'
is "... stays in force" "$(ids)" single
events=$(rejected)
for bad in 7 '"x"' null; do
    hf getAvailableTemplates "{\"templates\":$bad}"
    is "a push of $bad: exit 1, one event" "$hf_status $(($(rejected) - events))" "1 1"
    shows "... what is wrong" "$hf_out" 'failure and (.message | contains("pushed templates") and contains("templates is"))'
    events=$(rejected)
done
shows "... the event says so" "$(sql "SELECT details FROM hostq.event WHERE type = 'rejected' ORDER BY seq DESC LIMIT 1")" \
    '.method == "getAvailableTemplates" and (.message | contains("pushed templates"))'
hf getAvailableTemplates '{"templates":[7,{"maxNumber":1}]}'
is "a push of nothing that is good: exit 0" "$hf_status" 0
shows "... an empty list, each named" "$hf_out" 'templates_answer and .templates == []
    and (.message | contains("templates[0]") and contains("templates[1]"))'
hf_templates "$(unit file 6)"
hf getAvailableTemplates '{}'
is "the file changes: it counts again" "$(ids)" file
hostq set hf_store_pushed false >/dev/null

# The folder.
(
    unset HF_PROVIDER_CONFDIR
    hf getAvailableTemplates '{}'
    printf '%s' "$hf_out"
) >"$tmp/out"
shows "HF_CONFDIR/providers/NAME without HF_PROVIDER_CONFDIR" "$(cat "$tmp/out")" 'templates_answer and [.templates[].templateId] == ["file"]'
HF_PROVIDER_CONFDIR= hf getAvailableTemplates '{}'
is "... with an empty one" "$hf_status $(ids)" "0 file"
HF_PROVIDER_CONFDIR=$tmp/nosuch/
for s in getAvailableTemplates requestMachines; do
    hf $s '{"template":{"templateId":"file","machineCount":1}}'
    is "$s, a folder that does not exist: exit 1" "$hf_status" 1
    shows "... named" "$hf_out" 'failure and (.message | contains("'"$tmp/nosuch/"'"))'
done
hf getRequestStatus '{"requests":[]}'
is "the others do not need it" "$hf_status" 0
hf getAvailableTemplates -- --confdir "$HF_CONFDIR/providers/hostqinst"
is "--confdir goes before" "$hf_status $(ids)" "0 file"
HF_PROVIDER_CONFDIR=$HF_CONFDIR/providers/hostqinst/

# HF_LOGLEVEL counts where the config file says so. Warnings: a template left out.
hf_templates "$(unit file 5)" "$(unit bad 10001)"
warned() { # NAME CONFIG LEVEL yes|no
    config "$2"
    HF_LOGLEVEL=$3
    hf getAvailableTemplates '{}'
    case $hf_err in *"bad: maxNumber"*) warned=yes ;; '') warned=no ;; *) warned=$hf_err ;; esac
    is "$3, $1: warned?" "$warned $hf_status $(ids)" "$4 0 file"
}
yes='{"ACCEPT_PROPAGATED_LOG_SETTING":true}'
for l in LOG_ERROR error LOG_FATAL; do
    warned "accepted" "$yes" $l no
done
for l in LOG_WARN LOG_INFO LOG_DEBUG LOG_TRACE nonsense; do
    warned "accepted" "$yes" $l yes
done
warned "accepted by a text" '{"ACCEPT_PROPAGATED_LOG_SETTING":"true"}' LOG_ERROR no
warned "not accepted" '{"ACCEPT_PROPAGATED_LOG_SETTING":false}' LOG_ERROR yes
warned "not accepted by a text" '{"ACCEPT_PROPAGATED_LOG_SETTING":"false"}' LOG_ERROR yes
warned "nothing said" '{}' LOG_ERROR yes
config "$yes"
HF_LOGLEVEL=LOG_ERROR
hf getRequestStatus '{}'
like "an error is told all the same" "$hf_err" "requests is missing"
HF_LOGLEVEL=LOG_INFO

# The namespace: --namespace, else the instance's name, else HOSTQ_NAMESPACE.
template T '["sleep","1000"]'
for n in alpha beta; do
    sql "SELECT hostq.store_templates('$n', 'x', '{}', (SELECT jsonb_agg(jsonb_build_object('templateId', 'of-$n', 'definition', definition,
        'valid', true, 'providerApi', 'process', 'maxNumber', 5)) FROM hostq.templates WHERE namespace = 'default'), '')" >/dev/null
done
of() { # what `hostq call` and `hostq hf` find, the latter without an instance
    hostq call "$@" '{"method":"getAvailableTemplates"}' | jq -r '.result.templates[].templateId'
    (unset HF_PROVIDER_NAME HF_PROVIDER_CONFDIR HF_CONFDIR; hostq hf getAvailableTemplates "$@" | jq -r '.templates[].templateId')
    hostq templates "$@" | cut -f1
}
is "no namespace: default" "$(of | tr '\n' ' ')" "T T T "
is "--namespace" "$(of --namespace alpha | tr '\n' ' ')" "of-alpha of-alpha of-alpha "
HOSTQ_NAMESPACE=beta
export HOSTQ_NAMESPACE
is "HOSTQ_NAMESPACE" "$(of | tr '\n' ' ')" "of-beta of-beta of-beta "
is "--namespace goes before it" "$(of -n alpha | tr '\n' ' ')" "of-alpha of-alpha of-alpha "
hf getAvailableTemplates '{}'
is "the instance's name goes before HOSTQ_NAMESPACE" "$(ids)" file
hf getRequestStatus -- --namespace alpha req-1
like "--namespace goes before the instance's name" "$(hf_value '.requests[0].message')" "namespace 'alpha'"
hf requestMachines -- --namespace alpha --confdir "$HF_PROVIDER_CONFDIR" file 1
is "... and stores the files there" "$hf_status $(sql "SELECT string_agg(template_id, ' ' ORDER BY ordinal) FROM hostq.templates WHERE namespace = 'alpha'")" "0 file bad"
in_beta=$(hostq submit noop --delay 3600)
in_alpha=$(hostq submit noop --delay 3600 --namespace alpha)
is "submit" "$(sql "SELECT string_agg(namespace, ' ' ORDER BY created_at) FROM hostq.requests WHERE kind = 'noop'")" "beta alpha"
is "list" "$(hostq list | cut -f1)" "$in_beta"
is "list --namespace" "$(hostq list -n alpha --kind noop | cut -f1)" "$in_alpha"
asked requestMachines '{"templateId":"of-beta","machineCount":1}'
is "call" "$(sql "SELECT namespace FROM hostq.requests WHERE request_id = '$id'")" beta
HOSTQ_NAMESPACE='a b'
hostq list >"$tmp/out" 2>&1
is "one that is no name: exit 2" $? 2
like "... named" "$(cat "$tmp/out")" "HOSTQ_NAMESPACE.*a b"
unset HOSTQ_NAMESPACE
