package match_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ciomirror/query/match"
)

func TestVocabularyNamesTheNearest(t *testing.T) {
	texts := []string{"Welcome back", "WELCOME", "Wellcome! wellcome, wellcome", "welcom", "Straße", "back-up, black, pack, hack, sack sack sack"}
	for operand, want := range map[string][]string{
		"welcme":         {"welcome", "wellcome", "welcom"}, // at a distance of 1, 2 and 2
		"welcme wlcome":  {"welcome", "wellcome", "welcom"}, // each once
		"welcome":        {},                                // is there
		"bakc welcome":   {"back"},
		"baack xxxxxx":   {"back", "black"},
		"wack":           {"sack", "back", "hack"}, // of equals the most frequent, and three at most
		"STRASE":         {"strasse"},
		"up":             {},
		"%a% -- !":       {},
		"":               {},
		"unsubscription": {},
	} {
		v := match.NewVocabulary([]string{operand})
		for _, text := range texts {
			v.Add(text)
		}
		if got := v.Nearest(); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", operand, got, want)
		}
	}
	v := match.NewVocabulary([]string{"bakc", "welcme"})
	v.Add("back welcome")
	if got := v.Nearest(); !slices.Equal(got, []string{"back", "welcome"}) {
		t.Errorf("of two operands: %q", got)
	}
}

func TestVocabularyLooksForTheFirstOfManyWords(t *testing.T) {
	var operand, text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&operand, "word%dx ", 1000+i)
		fmt.Fprintf(&text, "word%dy ", 1000+i)
	}
	v := match.NewVocabulary([]string{operand.String()})
	v.Add(text.String())
	got := v.Nearest()
	if len(got) == 0 || len(got) > 60 || got[0] != "word1000y" {
		t.Errorf("%d words: %q", len(got), got)
	}
}
