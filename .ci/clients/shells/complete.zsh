# Prints a line as Tab leaves it, in a zsh with a terminal of its own, into which the
# line is typed.
zmodload zsh/zpty
zpty shell zsh -f -i
# ^X prints the line in place of running it.
zpty -w shell 'PS1= PS2= ; unsetopt zle_bracketed_paste prompt_sp prompt_cr; autoload -Uz compinit && compinit -u -D; source <(ciomirror completion zsh); compdef _ciomirror ciomirror
show() { print -r -- "<${BUFFER% }>"; BUFFER=; zle .accept-line }; zle -N show; bindkey "^X" show; print READ''Y'
zpty -r -m shell out '*READY*'
zpty -w -n shell "$1"$'\t\x18'
zpty -r -m shell out '*<ciomirror*>*'
print -r -- ${${out##*<}%%>*}
zpty -d shell
