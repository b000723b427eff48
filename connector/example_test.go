package connector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/sim"
	"ciomirror/store/sqlite"
)

// A program makes a segment in a workspace, reads it back from the mirror, and is told
// what is wrong with a request. The workspace is a simulated one: for a real one leave
// the Transport away.
func Example() {
	if err := example(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// POST /v1/segments {"segment":{"name":"VIP"}}
	// live success
	// mirror {"name":"VIP","type":"manual"}
	// /segment/name: segment.name is missing
}

func example() error {
	ctx, now := context.Background(), func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
	workspace, err := sim.New(sim.Options{Seed: 1, Now: now})
	if err != nil {
		return err
	}
	api, err := cio.New("sim-key", cio.Options{BaseURL: "http://sim.test", Transport: workspace.Transport()})
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	mirror, err := sqlite.Open(ctx, filepath.Join(dir, "mirror.db"), sqlite.Options{Create: true, Now: now})
	if err != nil {
		return err
	}
	defer mirror.Close()
	cat := catalog.Default()
	c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{TextIndex: true}), mirror, connector.Options{
		InstanceID: "source_id:example", Now: now, Live: api, Ledger: mirror, AllowWrites: true, Face: "example",
	})
	if err != nil {
		return err
	}

	create := connector.Request{Entity: "segments", Action: "create", Params: json.RawMessage(`{"segment":{"name":"VIP"}}`)}
	call, err := c.Preview(ctx, create)
	if err != nil {
		return err
	}
	fmt.Println(call.Method, call.Path, string(call.Body))
	made, err := c.Execute(ctx, create)
	if err != nil {
		return err
	}
	fmt.Println(made.Origin.Source, made.Status)

	var segment struct{ ID int64 }
	if err := json.Unmarshal(made.Result, &segment); err != nil {
		return err
	}
	read, err := c.Execute(ctx, connector.Request{
		Entity: "segments", Action: "get", Params: json.RawMessage(fmt.Sprintf(`{"segment_id":%d}`, segment.ID)),
		Source: connector.FromMirror, SelectFields: []string{"name", "type"},
	})
	if err != nil {
		return err
	}
	fmt.Println(read.Origin.Source, string(read.Result))

	create.Params = json.RawMessage(`{"segment":{"description":"good customers"}}`)
	_, err = c.Execute(ctx, create)
	if e, ok := errors.AsType[*connector.Error](err); ok {
		fmt.Printf("%s: %s\n", e.At, e.Msg)
	}
	return nil
}
