#compdef stress
# Completion of stress for zsh: eval "$(stress completion zsh)", after compinit.
_stress() {
  local line word about
  local -a whole shownWhole begun shownBegun
  for line in "${(@f)$("${${(Q)words[1]}/#\~/$HOME}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    word=${line%%$'\t'*} about=${line#*$'\t'}
    [[ -n $word ]] || continue
    if [[ $word == *[=/:] ]]; then # it goes on: no blank behind it
      begun+=("$word") shownBegun+=("$word  $about")
    else
      whole+=("$word") shownWhole+=("$word  $about")
    fi
  done
  compadd -l -d shownWhole -a whole
  compadd -S '' -l -d shownBegun -a begun
}
compdef _stress stress
