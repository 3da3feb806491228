# Completion of stress for bash: eval "$(stress completion bash)"
_stress() {
  local line=$COMP_LINE words=() word current glued candidate quoted i
  # Bash splits words at = and : too. What stands together in the line is one word.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i)) && [[ $line != [[:blank:]]* && -n $line ]]; then
      words[${#words[@]} - 1]+=$word
    else
      words+=("$word")
      line=${line#"${line%%[![:blank:]]*}"}
    fi
    line=${line#"$word"}
  done
  current=${words[${#words[@]} - 1]}
  # Bash replaces only what stands behind the last = or :.
  glued=${current%"${COMP_WORDS[COMP_CWORD]}"}
  [[ ${COMP_WORDS[COMP_CWORD]} == [=:]* ]] && glued=$current
  for i in "${!words[@]}"; do words[i]=${words[i]//[\"\'\\]/}; done
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    printf -v quoted %q "${candidate#"$glued"}"
    COMPREPLY+=("$quoted")
  done < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
  if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/:] ]] && type compopt &>/dev/null; then
    compopt -o nospace
  fi
}
complete -F _stress stress
