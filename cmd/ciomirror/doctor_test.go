package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestDoctorTellsADamagedFile cuts copies of a mirror short and changes bytes in them.
// Doctor ends with its own words, whatever it is given; where something that counts
// is damaged it says so, and what to do.
func TestDoctorTellsADamagedFile(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "mirror.db")
	if code, _, stderr := inProcess(t, "", "demo", "--db", path); code != exitOK {
		t.Fatal(stderr)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := queryDB(t.Context(), db, `select id from messages union all select body from campaign_actions where length(body) > 40`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "pragma wal_checkpoint(truncate)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// examine returns what doctor says of a file.
	examine := func(what string, file []byte) diagnosis {
		t.Helper()
		path := filepath.Join(t.TempDir(), "damaged.db")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := inProcess(t, path, "doctor", "--offline")
		var d diagnosis
		if err := json.Unmarshal([]byte(stdout), &d); err != nil || stderr != "" {
			t.Fatalf("%s: exit code %d, %q, %q, %v", what, code, stdout, stderr, err)
		}
		if (code == exitGeneral) != (d.Status == failure) || code != exitOK && code != exitGeneral {
			t.Fatalf("%s: exit code %d, status %s", what, code, d.Status)
		}
		return d
	}
	if d := examine("a copy", whole); d.Status == failure {
		t.Fatalf("a copy: %+v", d.Checks)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, stdout, _ := inProcess(t, path, "doctor", "--offline"); runtime.GOOS != "windows" && !strings.Contains(stdout, `"hint":"chmod 600 `+path) {
		t.Errorf("others can read the file: %s", stdout)
	}
	cuts, changes := 10, 10
	if testing.Short() {
		cuts, changes = 4, 4
	}
	for range cuts {
		n := 1 + r.IntN(len(whole)-1)
		if d := examine("a cut", whole[:n]); d.Status != failure || !strings.Contains(fmt.Sprint(d.Checks), "sync anew") {
			t.Errorf("cut after %d bytes: %+v", n, d.Checks)
		}
	}
	for range changes {
		value := []byte(rows[r.IntN(len(rows))][0])
		at := r.IntN(len(value))
		changed := bytes.Clone(value)
		changed[at] ^= 1
		// Wherever it stands, in an index or a page that is no longer used as well.
		file := bytes.ReplaceAll(whole, value, changed)
		if bytes.Equal(file, whole) {
			continue // it goes on in another page
		}
		if d := examine("a value", file); d.Status != failure || !strings.Contains(fmt.Sprint(d.Checks), "sync anew") {
			t.Errorf("%q became %q: %+v", value, changed, d.Checks)
		}
	}
	for range changes {
		file := bytes.Clone(whole)
		file[r.IntN(len(file))] ^= byte(1 + r.IntN(255))
		examine("a byte", file) // which may be one that counts for nothing
	}
}
