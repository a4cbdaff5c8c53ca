# Completion of hostq(1) for bash. Names come from hostq itself, so that they
# are never older than the program.
_hostq()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local word command=

    COMPREPLY=()
    for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
        case $word in
        -*) ;;
        *)
            if hostq help --words 2>/dev/null | grep -qx -- "$word"; then
                command=$word
                break
            fi
            ;;
        esac
    done
    case $prev in
    -f | --file | --confdir)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    -p | --priority)
        mapfile -t COMPREPLY < <(compgen -W 'low normal high' -- "$cur")
        return
        ;;
    --partial-policy)
        mapfile -t COMPREPLY < <(compgen -W 'keep clean' -- "$cur")
        return
        ;;
    esac
    if [ -z "$command" ] || [ "$prev" = help ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(hostq help --words 2>/dev/null)" -- "$cur")
    elif [ "${cur#-}" != "$cur" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(hostq help --words "$command" 2>/dev/null)" -- "$cur")
    else
        _hostq_argument "$command"
    fi
}

_hostq_argument()
{
    local scripts='getAvailableTemplates requestMachines requestReturnMachines getRequestStatus getReturnRequests'

    case $1 in
    hf) mapfile -t COMPREPLY < <(compgen -W "$scripts" -- "$cur") ;;
    submit) mapfile -t COMPREPLY < <(compgen -W 'provision return noop' -- "$cur") ;;
    pause | resume)
        mapfile -t COMPREPLY < <(compgen -W "$(hostq queues 2>/dev/null | cut -f1)" -- "$cur")
        ;;
    schedule) mapfile -t COMPREPLY < <(compgen -W "set list show delete pause resume run next $(hostq schedule list 2>/dev/null | cut -f1)" -- "$cur") ;;
    set) mapfile -t COMPREPLY < <(compgen -W "$(hostq set 2>/dev/null | cut -f1)" -- "$cur") ;;
    wait | watch | status | show | result | explain | events | cancel | retry)
        mapfile -t COMPREPLY < <(compgen -W "$(hostq list --limit 50 2>/dev/null | cut -f1)" -- "$cur")
        ;;
    esac
}

complete -F _hostq hostq
