package match

import (
	"fmt"
	"math"
	"strconv"

	"ciomirror/internal/canon"
)

// Function is one predicate for a database to register under its name, as a
// deterministic scalar function.
type Function struct {
	Name string
	Args int
	// Doc is one line.
	Doc string
	// Fn gets and returns cells: nil, int64, float64, string or []byte. It keeps no
	// argument after it returns, so that the database may lend them, and may be
	// called from several goroutines.
	Fn func(args []any) (any, error)
}

// Functions are the predicates. The first argument of each is the cell of a row;
// when it is NULL so is the answer, but for json_meets. What the functions prepare
// for an operand they remember, for as long as the returned values live.
func Functions() []Function {
	patterns := newCache(func(s string) (Pattern, error) { return NewPattern(s), nil })
	literals := newCache(func(s string) (Text, error) { return NewText(s), nil })
	words := newCache(func(s string) (Words, error) { return NewWords(s), nil })
	matchers := newCache(NewMatcher)
	return []Function{
		{"text_like", 2, "the text fits a pattern in which % is any run of characters; case matters",
			onText(patterns, Pattern.Match)},
		{"text_contains", 2, "the text has the other in it; case does not matter",
			onText(literals, Text.In)},
		{"text_starts", 2, "the text starts with the other; case does not matter",
			onText(literals, Text.Starts)},
		{"text_ends", 2, "the text ends with the other; case does not matter",
			onText(literals, Text.Ends)},
		{"text_fuzzy", 2, "the text has every one of the words in it",
			onText(words, Words.Fuzzy)},
		{"text_keyword", 2, "the text has one of the words as a whole word",
			onText(words, Words.Keyword)},
		{"text_fuzzy_near", 3, "the same, or words near to those; the third argument is the typing errors that a word may have",
			onNearWords(NearWords.Fuzzy)},
		{"text_keyword_near", 3, "the text has a whole word near to one of the words, as above",
			onNearWords(NearWords.Keyword)},
		{"number_compare", 2, "-1, 0 or 1 as the first number is less, equal or greater, exactly; NULL when one is no number", compareNumbers},
		{"number_key", 1, "text that sorts as the numbers do, exactly; what is no number sorts last", func(args []any) (any, error) {
			return NumberKey(args[0]), nil
		}},
		{"text_index", 1, "the text as the first index of its stretches of three characters was to know it", func(args []any) (any, error) {
			if s, ok := CellText(args[0]); ok {
				return IndexText(s), nil
			}
			return nil, nil
		}},
		{"text_terms", 2, "such stretches of the text, each a word that begins with the letter of the field of that number", func(args []any) (any, error) {
			field, numbered := args[1].(int64)
			if !numbered || field < 0 || field >= mostFields {
				return nil, fmt.Errorf("text_terms: the field is %v, not a number below %d", args[1], mostFields)
			}
			if s, ok := CellText(args[0]); ok {
				return Terms(int(field), s), nil
			}
			return nil, nil
		}},
		{"text_count", 1, "how many such words there are in the text", func(args []any) (any, error) {
			if s, ok := CellText(args[0]); ok {
				return int64(countTerms(s)), nil
			}
			return nil, nil
		}},
		{"json_cell", 1, "the cell as JSON: text that is a JSON array or object as it is, any other as a string", func(args []any) (any, error) {
			if args[0] == nil {
				return nil, nil
			}
			return CellJSON(args[0]), nil
		}},
		{"json_meets", 2, "the JSON value meets a condition on what is inside it", func(args []any) (any, error) {
			condition, ok := CellText(args[1])
			if !ok {
				return nil, fmt.Errorf("json_meets: the condition is %T, not text", args[1])
			}
			m, err := matchers.get(condition)
			if err != nil {
				return nil, fmt.Errorf("json_meets: %w", err)
			}
			value, _ := CellText(args[0])
			return m.Match(value).cell(), nil
		}},
	}
}

// onText makes a function of a predicate on the text of a cell.
func onText[T any](operands *cache[T], holds func(T, string) bool) func([]any) (any, error) {
	return func(args []any) (any, error) {
		s, ok := CellText(args[0])
		operand, given := CellText(args[1])
		if !ok || !given {
			return nil, nil
		}
		prepared, err := operands.get(operand)
		if err != nil {
			return nil, err
		}
		return truth(holds(prepared, s)).cell(), nil
	}
}

// onNearWords makes a function of a predicate on words with typing errors.
func onNearWords(holds func(NearWords, string) bool) func([]any) (any, error) {
	var on [MaxTypos + 1]func([]any) (any, error)
	for typos := range on {
		words := newCache(func(s string) (NearWords, error) { return NewNearWords(s, typos) })
		on[typos] = onText(words, holds)
	}
	return func(args []any) (any, error) {
		typos, ok := args[2].(int64)
		if !ok || typos < 1 || typos > MaxTypos {
			return nil, fmt.Errorf("the typing errors that a word may have are %v, not 1 to %d", args[2], MaxTypos)
		}
		return on[typos](args[:2])
	}
}

// CellText is the text of a cell, of a number its canonical text. An absent cell
// has none.
func CellText(cell any) (s string, ok bool) {
	switch v := cell.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case []byte:
		return string(v), true
	case float64:
		return FloatText(v), true
	}
	return "", false
}

// FloatText is the canonical text of the shortest decimal that reads back as f.
func FloatText(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return strconv.FormatFloat(f, 'g', -1, 64) // no JSON number has such a cell
	}
	s, _ := canon.Number(strconv.FormatFloat(f, 'g', -1, 64))
	return s
}

// number is the canonical text of a cell that is a number.
func number(cell any) (s string, ok bool) {
	s, ok = CellText(cell)
	if _, whole := cell.(int64); ok && !whole {
		n, err := canon.Number(s)
		return n, err == nil
	}
	return s, ok
}

func compareNumbers(args []any) (any, error) {
	a, ok := number(args[0])
	b, given := number(args[1])
	if !ok || !given {
		return nil, nil
	}
	return int64(canon.CompareNumbers(a, b)), nil
}

// NumberKey is what number_key returns for a cell.
func NumberKey(cell any) any {
	if n, ok := number(cell); ok {
		return canon.OrderKey(n)
	}
	if s, ok := CellText(cell); ok {
		return "3" + s // after every number
	}
	return nil
}

// CellJSON is the canonical JSON of a cell that may hold JSON or plain text. It is
// empty for an absent cell.
func CellJSON(cell any) string {
	s, _ := CellText(cell)
	switch cell.(type) {
	case nil, int64, float64:
		return s
	}
	if s != "" && (s[0] == '[' || s[0] == '{') {
		if c, err := canon.JSON([]byte(s)); err == nil {
			return string(c)
		}
	}
	return string(canon.AppendString(nil, s))
}
