//go:build !race

package server_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
)

// newFault reads an OpenAPI document with a validator made by others, and returns what
// it says against an answer.
func newFault(t testing.TB, document []byte) func(*http.Request, *http.Response) error {
	t.Helper()
	doc, err := libopenapi.NewDocument(document)
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return func(q *http.Request, a *http.Response) (err error) {
		if ok, found := v.ValidateHttpResponse(q, a); !ok {
			for _, e := range found {
				err = errors.Join(err, fmt.Errorf("%s: %s %v", e.Message, e.Reason, e.SchemaValidationErrors))
			}
		}
		return err
	}
}
