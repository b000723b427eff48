package cio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"ciomirror/catalog"
	"ciomirror/cio"
)

// pretend answers two pages of a list, and 404 to everything else.
type pretend struct{}

func (pretend) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := 404, `{"errors":[{"detail":"no such thing","status":"404"}]}`
	switch {
	case r.URL.Path == "/v1/things" && r.URL.Query().Get("start") == "":
		status, body = 200, `{"things":[{"id":1},{"id":2}],"next":"MjA="}`
	case r.URL.Path == "/v1/things":
		status, body = 200, `{"things":[{"id":3}],"next":""}`
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func ExampleClient_Pages() {
	client, err := cio.New("an-app-api-key", cio.Options{BaseURL: "http://localhost:8790", Transport: pretend{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	things := &catalog.Entity{Name: "things", Key: []string{"id"}, List: catalog.List{Path: "/v1/things", Items: "things", Paged: true}}
	meter := &catalog.Meter{}
	for page, err := range client.Pages(context.Background(), catalog.Walk{Entity: things, Meter: meter}) {
		if err != nil {
			fmt.Println(err) // the walk is not whole: nothing follows from what it did not show
			return
		}
		fmt.Println(len(page.Items), "records, the first is", string(page.Items[0]))
	}
	fmt.Println(meter.Requests(), "requests")
	// Output:
	// 2 records, the first is {"id":1}
	// 1 records, the first is {"id":3}
	// 2 requests
}

func ExampleClient_Do() {
	client, err := cio.New("an-app-api-key", cio.Options{BaseURL: "http://localhost:8790", Transport: pretend{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Do(context.Background(), http.MethodGet, "/v1/campaigns/7", nil, nil)
	fmt.Println(errors.Is(err, catalog.ErrNotFound))
	fmt.Println(err)
	// Output:
	// true
	// read: GET /v1/campaigns/7 on localhost:8790: 404 Not Found: no such thing
}
