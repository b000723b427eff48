# Prints a line as Tab leaves it. The function that bash would call is called with what
# bash would give it.
source /usr/share/bash-completion/bash_completion
source <(ciomirror completion bash)
line=$1
read -ra COMP_WORDS <<<"$line"
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line} COMP_TYPE=9 COMP_KEY=9
$(complete -p ciomirror | sed 's/.* -F \([^ ]*\) .*/\1/') ciomirror "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
echo "${line% *} ${COMPREPLY[*]%% *}"
