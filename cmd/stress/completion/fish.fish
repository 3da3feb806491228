# Completion of stress for fish: stress completion fish | source
function __stress_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    $program __complete $words (commandline -ct) 2>/dev/null
end
complete -c stress -e
complete -c stress -f -k -a '(__stress_complete)'
