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

// mostFields is how many fields there are letters for.
const mostFields = 26

// Terms are what an index of words is to hold of a text, so that it serves as an
// index of grams: the term of every gram of its IndexText, with spaces between them.
// field tells the fields of a row apart.
func Terms(field int, s string) string {
	text := IndexText(s)
	terms := make([]byte, 0, 6*len(text))
	eachGram(text, func(gram string) {
		terms = append(appendTerm(terms, field, gram), ' ')
	})
	return string(terms)
}

// Term is the one word by which an index knows that a gram is in a field. It has a
// letter for the field, so that what is common in one field can be rare in another.
func Term(field int, gram string) string { return string(appendTerm(nil, field, gram)) }

// appendTerm writes the characters that would end a word as others. Two grams can
// have one term so, which proposes more and loses nothing.
func appendTerm(b []byte, field int, gram string) []byte {
	b = append(b, 'a'+byte(field))
	for i := range len(gram) {
		c := gram[i]
		if c >= utf8.RuneSelf || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			b = append(b, c)
		} else {
			b = utf8.AppendRune(b, rune(c)|0x80)
		}
	}
	return b
}

// countTerms is how many distinct terms a text has.
func countTerms(s string) int {
	terms := map[string]bool{}
	eachGram(IndexText(s), func(gram string) { terms[Term(0, gram)] = true })
	return len(terms)
}

// Grams are the distinct stretches of three characters of a text.
func Grams(text string) []string {
	var grams []string
	seen := map[string]bool{}
	eachGram(text, func(gram string) {
		if !seen[gram] {
			seen[gram] = true
			grams = append(grams, gram)
		}
	})
	return grams
}

func eachGram(text string, do func(gram string)) {
	var starts [Gram]int // of the last characters, in a ring
	n := 0
	for i := range text {
		if n >= Gram {
			do(text[starts[n%Gram]:i])
		}
		starts[n%Gram] = i
		n++
	}
	if n >= Gram {
		do(text[starts[n%Gram]:])
	}
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
