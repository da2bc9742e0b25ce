# SPDX-License-Identifier: MIT
# fish completion for autobackupctl: the program itself says what fits, with the names of jobs and runs.

function __autobackupctl_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] complete $words[2..-1] 2>/dev/null
end

complete -c autobackupctl -f -a '(__autobackupctl_complete)'
complete -c autobackupctl -l config -r -F
complete -c autobackupctl -l socket -r -F
