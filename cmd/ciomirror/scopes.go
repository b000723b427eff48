package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"ciomirror/catalog"
	"ciomirror/cio"
)

// scopes are the lists that a key may read, and those that it may not. Nested lists
// are allowed with their parents' and are not asked for.
type scopes struct {
	Readable  []string `json:"readable"`
	Forbidden []string `json:"forbidden"`
}

// readScopes asks each list for one record. What fails for another reason than the
// key's rights ends it.
func readScopes(ctx context.Context, api *cio.Client) (scopes, error) {
	s := scopes{Readable: []string{}, Forbidden: []string{}}
	for _, e := range catalog.Default().Mirrored() {
		if e.Parent != nil {
			continue
		}
		query := url.Values{}
		if e.List.Size > 0 {
			query.Set("limit", "1")
		}
		_, err := api.Do(ctx, http.MethodGet, e.List.Path, query, nil)
		switch {
		case err == nil:
			s.Readable = append(s.Readable, e.Name)
		case errors.Is(err, catalog.ErrForbidden):
			s.Forbidden = append(s.Forbidden, e.Name)
		default:
			return s, err
		}
	}
	return s, nil
}

// lines are the scopes in words.
func (s scopes) lines() []string {
	lines := []string{"This key can read: " + strings.Join(s.Readable, ", ")}
	if len(s.Forbidden) > 0 {
		lines = append(lines, "It may not read: "+strings.Join(s.Forbidden, ", ")+" (403; a sync leaves them out)")
	}
	return lines
}
