# Prints a line as Tab leaves it.
ciomirror completion fish | source
set -l words (string split ' ' -- $argv[1])
# Where no space is to follow, cobra proposes the word with a dot as well, so that fish
# stops where the two part.
set -l found (complete -C $argv[1] | string replace -r '\t.*' '' | string match -v '*.')
echo $words[1..-2] $found
