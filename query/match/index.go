package match

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// Gram is how many characters an index of grams needs to look something up.
const Gram = 3

// IndexText is what an index of grams is to know of a text, so that Runs finds it:
// the text folded in each of the ways in which an operator looks at it, one below
// the other. Most texts fold alike in all of them. The text is valid UTF-8.
func IndexText(s string) string {
	folded := Fold(s)
	if !strings.ContainsFunc(s, special) { // most texts, and a million of them
		return folded
	}
	all := folded
	// The words of a text close up where an apostrophe was.
	if closed := apostrophes.Replace(folded); closed != folded {
		all += "\n" + closed
	}
	// like takes the characters as they are: a part of a text is not always a part
	// of the composed text.
	if loose := foldLoose(s); loose != folded {
		all += "\n" + loose
	}
	return storable(all)
}

// Runs are texts to look up: IndexText of every text of which the operator is true
// has each of them in it or, with any, at least one. A run can be several texts, of
// which one is enough. There are none when the operand is too short to be looked up,
// and every text is to be asked. typos are for fuzzy and keyword.
func Runs(op, operand string, typos int) (runs [][]string, any bool) {
	switch op {
	case "contains", "startswith", "endswith":
		runs = [][]string{pieces(Fold(operand), 0)}
	case "like":
		for _, part := range NewPattern(operand).parts {
			runs = append(runs, pieces(foldLoose(part), 0))
		}
	case "fuzzy", "keyword":
		for word, rest := next(NewWords(operand)); word != ""; word, rest = next(rest) {
			runs = append(runs, pieces(string(word), typosOf(utf8.RuneCountInString(string(word)), typos)))
		}
		any = op == "keyword"
	}
	long := runs[:0]
	for _, run := range runs {
		if run != nil {
			long = append(long, run)
		} else if any {
			return nil, true
		}
	}
	return long, any
}

// pieces are parts of a text of which one is in every text that comes of it by so
// many edits, or none when they are too short to be looked up. There is one more
// than there are edits, with a character between each two, because two neighbours
// that change places would otherwise spoil two.
func pieces(text string, edits int) []string {
	runes := []rune(storable(text))
	size := (len(runes) - edits) / (edits + 1)
	if size < Gram {
		return nil
	}
	list := make([]string, 0, edits+1)
	for i := range edits {
		list = append(list, string(runes[i*(size+1):][:size]))
	}
	return append(list, string(runes[edits*(size+1):]))
}

// Grams are the distinct stretches of three characters of a text.
func Grams(text string) []string {
	var grams []string
	seen := map[string]bool{}
	var starts [Gram]int // of the last characters, in a ring
	n := 0
	for i := range text + " " { // the space ends the last character
		if n >= Gram {
			if g := text[starts[n%Gram]:i]; !seen[g] {
				seen[g] = true
				grams = append(grams, g)
			}
		}
		starts[n%Gram] = i
		n++
	}
	return grams
}

// special characters may fold in more than one way, or not be storable.
func special(r rune) bool { return r >= utf8.RuneSelf || r == '\'' || r == 0 }

var apostrophes = strings.NewReplacer("'", "", "’", "")

// foldLoose folds each character for itself, so that a part of a text folds to a
// part of the folded text.
func foldLoose(s string) string {
	return cases.Fold().String(s)
}

// storable has other characters for those that SQLite's tokenizer stops at or takes
// for one another. Both sides go through it, so that nothing is missed.
func storable(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case 0:
			return 1
		case '\uFFFE', '\uFFFF':
			return utf8.RuneError
		}
		return r
	}, s)
}
