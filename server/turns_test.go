package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"

	"ciomirror/connector"
	"ciomirror/server"
)

// busy is a connector whose searches stay until they are let go.
type busy struct {
	entered, free chan struct{}
}

func (b busy) Execute(_ context.Context, r connector.Request) (connector.Envelope, error) {
	if r.Action == connector.Search {
		b.entered <- struct{}{}
		<-b.free
	}
	return connector.Envelope{Status: "success", Result: []byte(`{}`)}, nil
}

// TestSearchesTakeTurns: as many as there are processors are under way, the others
// wait, and who asks the API waits for none of them.
func TestSearchesTakeTurns(t *testing.T) {
	b := busy{make(chan struct{}, 100), make(chan struct{})}
	h := serve(t, func(o *server.Options) { o.Connector = b })
	processors := runtime.GOMAXPROCS(0)
	ask := func(ctx context.Context, action string) int {
		r := request(t, http.MethodPost, executeTarget, `{"entity":"campaigns","action":"`+action+`"}`).WithContext(ctx)
		w := httptest.NewRecorder()
		h.Handler().ServeHTTP(w, r)
		return w.Code
	}
	var all sync.WaitGroup
	for range processors {
		all.Go(func() {
			if code := ask(t.Context(), connector.Search); code != http.StatusOK {
				t.Errorf("a search gets %d", code)
			}
		})
	}
	for range processors {
		<-b.entered
	}
	// One more has to wait, and gives up when its caller does.
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan int)
	go func() { gone <- ask(ctx, connector.Search) }()
	if code := ask(t.Context(), "list"); code != http.StatusOK {
		t.Errorf("a list beside the searches gets %d", code)
	}
	cancel()
	<-gone
	select {
	case <-b.entered:
		t.Error("one search more than there are processors is under way")
	default:
	}
	close(b.free)
	all.Wait()
	if code := ask(t.Context(), connector.Search); code != http.StatusOK {
		t.Errorf("a search afterwards gets %d", code)
	}
}
