# SPDX-License-Identifier: MIT
# bash completion for autobackupctl: the program itself says what fits, with the names of jobs and runs.

_autobackupctl() {
    local cur=${COMP_WORDS[COMP_CWORD]} line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("${line%%$'\t'*}")
    done < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$cur" 2>/dev/null)
}

complete -o bashdefault -o default -F _autobackupctl autobackupctl
