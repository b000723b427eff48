package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ciomirror/store"
	"ciomirror/store/sqlite"
)

func (l *library) wrongRows(entity string) int64 {
	l.Helper()
	n, err := l.s.CheckRows(l.Context(), l.table(entity))
	if err != nil {
		l.Fatal(err)
	}
	return n
}

func TestCheckRowsHoldsEveryRowAgainstItsHash(t *testing.T) {
	l := newLibrary(t)
	l.write("messages", `{"id":"a","subject":"one","created":1700000000,"metrics":{"sent":7},"more":[1,2.50]}`, `{"id":"b"}`)
	l.write("messages", `{"id":"a","subject":"two","created":1700000000,"metrics":{"sent":7,"opened":9}}`)
	l.apply("campaigns", `{"id":1,"name":"Welcome","active":true,"tags":["vip"],"created":0,"unknown":{"x":null}}`, `{"id":2,"state":7}`)
	l.apply("workspaces", `{"id":1,"name":"Home","people":5}`)
	l.apply("workspaces", `{"id":1,"name":"Home","people":6}`)
	for _, entity := range []string{"messages", "campaigns", "workspaces"} {
		if n := l.wrongRows(entity); n != 0 {
			t.Errorf("%d rows of %s are wrong from the start", n, entity)
		}
	}
	for _, spoil := range []struct{ what, entity, do, undo string }{
		{"a text", "messages", `update messages set subject = 'twp' where id = 'a'`, `update messages set subject = 'two' where id = 'a'`},
		{"an absent value", "messages", `update messages set subject = '' where id = 'b'`, `update messages set subject = null where id = 'b'`},
		{"a key", "messages", `update messages set id = 'c' where id = 'b'`, `update messages set id = 'b' where id = 'c'`},
		{"a derived column", "messages", `update messages set metric_sent = 8 where id = 'a'`, `update messages set metric_sent = 7 where id = 'a'`},
		{"a version of before", "messages", `update messages_history set subject = 'onf'`, `update messages_history set subject = 'one'`},
		{"what has no column", "messages", `update messages_history set extra = '{"more":[1,2.6]}'`, `update messages_history set extra = '{"more":[1,2.5]}'`},
		{"a boolean", "campaigns", `update campaigns set active = 0 where id = 1`, `update campaigns set active = 1 where id = 1`},
		{"JSON", "campaigns", `update campaigns set tags = '["vi' where id = 1`, `update campaigns set tags = '["vip"]' where id = 1`},
		{"another type", "campaigns", `update campaigns set name = x'57656c636f6d65ff' where id = 1`, `update campaigns set name = 'Welcome' where id = 1`},
		{"a hash", "campaigns", `update campaigns set _hash = zeroblob(16) where id = 2`, ``},
	} {
		l.exec(spoil.do)
		if n := l.wrongRows(spoil.entity); n != 1 {
			t.Errorf("%s: %d rows are wrong, want one", spoil.what, n)
		}
		if spoil.undo == "" { // the last one
			break
		}
		l.exec(spoil.undo)
		if n := l.wrongRows(spoil.entity); n != 0 {
			t.Fatalf("%s: %d rows are wrong still", spoil.what, n)
		}
	}
}

// What a mirror itself fills in is no record's.
func TestCheckRowsLeavesAttributionAlone(t *testing.T) {
	l := newLibrary(t)
	if _, err := l.run.Attribute(t.Context(), l.table("messages"), "12", l.rows("messages", `{"id":"a","subject":"one"}`)); err != nil {
		t.Fatal(err)
	}
	if n := l.wrongRows("messages"); n != 0 {
		t.Errorf("%d rows are wrong", n)
	}
}

// A damaged file is refused, or the damage is told; nothing breaks.
func TestADamagedFileIsTold(t *testing.T) {
	l := newLibrary(t)
	var messages []string
	for i := range 3000 {
		messages = append(messages, `{"id":"`+strings.Repeat("m", 1+i%40)+time.Unix(int64(i), 0).String()+`","subject":"`+strings.Repeat("word ", i%30)+`"}`)
	}
	l.write("messages", messages...)
	if err := l.run.Finish(t.Context(), store.Complete, nil); err != nil {
		t.Fatal(err)
	}
	if faults, err := l.s.CheckFile(t.Context()); err != nil || faults != nil {
		t.Fatalf("%q, %v", faults, err)
	}
	if err := l.s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	told := func(file []byte) bool {
		path := filepath.Join(t.TempDir(), "damaged.db")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s, err := sqlite.Open(ctx, path, sqlite.Options{Now: time.Now})
		if err != nil {
			return true
		}
		defer s.Close()
		faults, err := s.CheckFile(ctx)
		return err != nil || faults != nil
	}
	if told(whole) {
		t.Fatal("a copy is told to be damaged")
	}
	const page = 4096
	for i := range 20 {
		if n := len(whole) * i / 20; !told(whole[:n]) {
			t.Errorf("cut after %d of %d bytes: nothing is said", n, len(whole))
		}
	}
	for at := page; at < len(whole); at += len(whole) / 10 / page * page {
		file := append([]byte(nil), whole...)
		for i := range page {
			file[at+i] ^= 0x55
		}
		if !told(file) {
			t.Errorf("page %d is noise, and nothing is said", at/page+1)
		}
	}
}
