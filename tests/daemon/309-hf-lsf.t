#!/bin/sh
# The scripts under the environment of LSF: its folders, its keys. M38
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 14
pg_start
unset HF_TOP
HF_WORKDIR=$tmp/work PROVIDER_NAME=lsfinst PRO_CONF_DIR=$tmp/lsf PRO_DATA_DIR=$tmp/data PRO_LSF_LOGDIR=$tmp/log
export PROVIDER_NAME PRO_CONF_DIR PRO_DATA_DIR PRO_LSF_LOGDIR
mkdir -p "$PRO_CONF_DIR/conf" "$HF_WORKDIR"
printf '{"templates":[%s,%s,%s]}' "$(unit low 5 '"priority":1' | sed 's/"nram"/"ncores":["Numeric","2"],"slots":["Numeric","8"],"nram"/')" \
    "$(unit bb 5 '"priority":9')" "$(unit aa 5 '"priority":9')" >"$PRO_CONF_DIR/conf/awsprov_templates.json"
daemon_start d1

hf getAvailableTemplates
is "templates from PRO_CONF_DIR/conf: exit 0" "$hf_status" 0
is "by priority, then id" "$(hf_value '[.templates[].templateId] | join(" ")')" "aa bb low"
shows "mem for nram, ncores and free resource names" "$hf_out" '.templates[2].attributes
    == {"type":["String","X86_64"],"ncpus":["Numeric","1"],"mem":["Numeric","1024"],"ncores":["Numeric","2"],"slots":["Numeric","8"]}'
hf requestMachines '{"template":{"templateId":"aa","machineCount":1},"rc_account":"project7"}'
shows "requestMachines" "$hf_out" request_answer
req=$(hf_value .requestId)
done_yet() {
    hf getRequestStatus "{\"requests\":[{\"requestId\":\"$req\"}]}"
    [ "$(hf_value '.requests[0].status')" = complete ]
}
ok "it completes" wait_for 10 done_yet
shows "LSF's keys, rc_account told back" "$hf_out" '.requests[0].machines[0] | .rcAccount == "project7" and .lifeCycleType == "OnDemand"
    and has("publicDnsName") and (.instanceTags | contains("RC_ACCOUNT=project7"))'
is "it is in the namespace of PROVIDER_NAME" "$(sql "SELECT namespace FROM hostq.requests WHERE request_id = '$req'")" lsfinst
name=$(hf_value '.requests[0].machines[0].name')
kill -9 "$(machine_pids)"
lost() {
    hf getReturnRequests '{}'
    [ "$(hf_value '.requests | length')" = 1 ]
}
ok "a killed machine is listed" wait_for 10 lost
shows "... with machineId" "$hf_out" '.requests == [{"machine":"'"$name"'","machineId":"'"$name"'","gracePeriod":0}]'
hf requestMachines '{"template":{"templateId":"bb","machineCount":1}}'
req=$(hf_value .requestId)
ok "one without rc_account completes" wait_for 10 done_yet
shows "... its account is default" "$hf_out" '.requests[0].machines[0].rcAccount == "default"'

# HF_PROVIDER_NAME makes it Symphony again; a setting decides.
hf_instance syminst
hf_templates "$(unit sym 1)"
hf getAvailableTemplates
shows "with HF_PROVIDER_NAME: Symphony" "$hf_out" 'templates_answer and [.templates[].templateId] == ["sym"]'
HOSTQ_HF_MODE=lsf hf getReturnRequests '{"machines":["x"]}'
shows "HOSTQ_HF_MODE=lsf" "$hf_out" '.requests[0].machineId == "x"'
HOSTQ_HF_MODE=other hf getReturnRequests '{}'
shows "another mode is refused" "$hf_out" 'failure and (.message | contains("other"))'
