package match

import (
	"cmp"
	"slices"
	"strings"
)

const (
	// mostWanted is how many words a Vocabulary looks for.
	mostWanted = 20
	// mostNearest is how many words it names for one.
	mostNearest = 3
)

// Vocabulary looks in texts for the words that are nearest to some others: to those
// that somebody looked for in vain.
type Vocabulary struct {
	words []nearWord
	near  []map[string]neighbour // of each word
}

type neighbour struct {
	typos int // between it and the word
	times int // that it was found
}

// NewVocabulary looks for words near to those of some operands: as near as NearWords
// at its most lenient would take them. Of many words it looks for the first.
func NewVocabulary(operands []string) *Vocabulary {
	v := &Vocabulary{}
	for word, rest := next(NewWords(strings.Join(operands, " "))); word != "" && len(v.words) < mostWanted; word, rest = next(rest) {
		n := newNearWord(string(word), MaxTypos)
		if slices.ContainsFunc(v.words, func(w nearWord) bool { return string(w.text) == string(word) }) {
			continue
		}
		v.words, v.near = append(v.words, n), append(v.near, map[string]neighbour{})
	}
	return v
}

// Add takes the words of a text up.
func (v *Vocabulary) Add(text string) {
	var room [256]byte
	words := appendWords(room[:0], text)
	for word, rest := next(words); len(word) > 0; word, rest = next(rest) {
		for i := range v.words {
			if n, known := v.near[i][string(word)]; known {
				n.times++
				v.near[i][string(word)] = n
			} else if typos, ok := v.words[i].distance(word); ok {
				v.near[i][string(word)] = neighbour{typos, 1}
			}
		}
	}
}

// Nearest are the words found so far that are nearest to those looked for, the
// nearest and then the most frequent first. To a word that is there itself there are
// none: it is spelt as it should be.
func (v *Vocabulary) Nearest() []string {
	nearest := []string{}
	for i, w := range v.words {
		near := v.near[i]
		if _, there := near[string(w.text)]; there {
			continue
		}
		var found []string
		for word := range near {
			found = append(found, word)
		}
		slices.SortFunc(found, func(a, b string) int {
			return cmp.Or(near[a].typos-near[b].typos, near[b].times-near[a].times, strings.Compare(a, b))
		})
		for _, word := range found[:min(len(found), mostNearest)] {
			if !slices.Contains(nearest, word) {
				nearest = append(nearest, word)
			}
		}
	}
	return nearest
}
