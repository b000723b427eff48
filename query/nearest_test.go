package query_test

import (
	"slices"
	"strings"
	"testing"

	"ciomirror/query"
)

// TestNearestNames: what people mistype most is two letters in the wrong order.
func TestNearestNames(t *testing.T) {
	known := []string{"id", "name", "type", "get", "list", "email", "created", "campaign_id", "metric_opened"}
	for name, want := range map[string]string{
		"nmae": "name", "naem": "name", "gte": "get", "emial": "email", "tpye": "type", "lsit": "list", "di": "id",
		"naem2": "", "NMAE": "name", "campagin_id": "campaign_id", "opened": "metric_opened", "creat": "created", "zzz": "",
		strings.Repeat("name", 10_000): "name",
	} {
		got := query.Nearest(name, known)
		if want == "" && len(got) > 0 || want != "" && (len(got) == 0 || got[0] != want) {
			t.Errorf("%.20s: %v, want %q", name, got, want)
		}
	}
	if got := query.Nearest("naem", []string{"nae", "team", "name"}); !slices.Equal(got, []string{"nae", "name"}) {
		t.Errorf("the order is %v", got)
	}
}
