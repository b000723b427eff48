package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ciomirror/sim"
)

// atATerminal runs the program at a terminal where a person types the answer. Its
// clock stands still.
func atATerminal(t *testing.T, env map[string]string, typed string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var out, problems bytes.Buffer
	a := &app{in: strings.NewReader(typed), out: &out, err: &problems, now: func() time.Time { return now },
		env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	a.terminal.in, a.terminal.out, a.terminal.err = true, true, true
	code = a.run(t.Context(), args)
	return code, out.String(), problems.String()
}

// TestAPersonIsAskedBeforeOthersAreReached: only the whole word sends, and the person
// has seen what.
func TestAPersonIsAskedBeforeOthersAreReached(t *testing.T) {
	pretend, _, server, err := serveSim(t, sim.Options{Key: canary})
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"CIO_APP_KEY": canary, "CIOMIRROR_API_URL": server.URL, "CIOMIRROR_DB": filepath.Join(t.TempDir(), "mirror.db")}
	var broadcast struct{ ID json.Number }
	for raw := range pretend.Records("broadcasts") {
		if err := json.Unmarshal(raw, &broadcast); err != nil {
			t.Fatal(err)
		}
	}
	sent := func() int { return pretend.Requests()["POST /v1/campaigns/{id}/triggers"] }
	trigger := []string{"execute", "broadcast_trigger", "create", "--data", `{"campaign_id":` + broadcast.ID.String() + `}`}
	for _, typed := range []string{"no\n", "y\n", "\n", "", "YES\n", "yes"} {
		code, stdout, stderr := atATerminal(t, env, typed, trigger...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, "nothing was sent") || !strings.Contains(stderr, "Type yes") ||
			!strings.Contains(stderr, "/v1/campaigns/"+broadcast.ID.String()+"/triggers") || sent() != 0 {
			t.Errorf("%q: exit code %d, %d sent, %s", typed, code, sent(), stderr)
		}
	}
	if code, _, stderr := atATerminal(t, env, "yes\n", append(trigger, "--no-input")...); code != exitUsage || !strings.Contains(stderr, "nobody to ask") || sent() != 0 {
		t.Errorf("--no-input: exit code %d, %s", code, stderr)
	}
	code, stdout, stderr := atATerminal(t, env, "yes\n", trigger...)
	if code != exitOK || !strings.Contains(stdout, `"status": "success"`) || sent() != 1 {
		t.Errorf("yes: exit code %d, %d sent, %s", code, sent(), stderr)
	}
	// The clock stands still, so the next one comes too soon.
	code, _, stderr = atATerminal(t, env, "", append(trigger, "--yes", "-o", "json")...)
	if code != exitUpstream || sent() != 1 || !strings.Contains(stderr, `"type":"rate_limited"`) || !strings.Contains(stderr, `"retryable":true`) ||
		!strings.Contains(stderr, "try again in 10s") {
		t.Errorf("too soon: exit code %d, %d sent, %s", code, sent(), stderr)
	}
	if strings.Contains(stdout+stderr, canary) {
		t.Error("the key was printed")
	}
}

// TestAnInterruptAtTheQuestionEndsIt: nobody types anything, and nobody has to.
func TestAnInterruptAtTheQuestionEndsIt(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	keyboard, hands := io.Pipe()
	defer hands.Close()
	env := map[string]string{"CIOMIRROR_DB": filepath.Join(t.TempDir(), "mirror.db")}
	stderr := &watched{at: "Type yes to send it: ", then: interrupt}
	var stdout bytes.Buffer
	a := &app{in: keyboard, out: &stdout, err: stderr, now: time.Now,
		env: func(name string) (string, bool) {
			v, ok := env[name]
			return v, ok
		}}
	a.terminal.in, a.terminal.out, a.terminal.err = true, true, true
	code := a.run(ctx, []string{"execute", "broadcast_trigger", "create", "--data", `{"campaign_id":7}`})
	if code != exitInterrupted || stdout.Len() > 0 || !strings.Contains(stderr.String(), "\nerror: interrupted: nothing was sent\n") {
		t.Errorf("exit code %d, %s%s", code, &stdout, stderr)
	}
}

// watched is a screen that somebody watches for a question.
type watched struct {
	bytes.Buffer
	at   string
	then func()
}

func (a *watched) Write(p []byte) (int, error) {
	n, err := a.Buffer.Write(p)
	if strings.HasSuffix(a.String(), a.at) {
		a.then()
	}
	return n, err
}

// TestNobodyIsAskedAboutAFaultyRequest: what is wrong with it comes first.
func TestNobodyIsAskedAboutAFaultyRequest(t *testing.T) {
	code, _, stderr := atATerminal(t, map[string]string{"CIOMIRROR_DB": filepath.Join(t.TempDir(), "mirror.db")}, "yes\n",
		"execute", "transactional_sms", "create", "--data", `{"to":"5551234"}`)
	if code != exitUsage || strings.Contains(stderr, "Type yes") || !strings.Contains(stderr, "E.164") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// limitedAPI answers every send with 429 and the wait, and counts the sends.
func limitedAPI(t *testing.T, wait string) (env map[string]string, sends *atomic.Int64) {
	t.Helper()
	sends = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/send/email" {
			_, _ = io.WriteString(w, `{"workspaces":[]}`)
			return
		}
		sends.Add(1)
		w.Header().Set("Retry-After", wait)
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(server.Close)
	return map[string]string{"CIO_APP_KEY": canary, "CIOMIRROR_API_URL": server.URL, "CIOMIRROR_DB": filepath.Join(t.TempDir(), "mirror.db")}, sends
}

const mail = `{"transactional_message_id":1,"to":"ann@example.com","identifiers":{"id":"42"}}`

// TestASendThatHasToWaitSaysSo: and whoever does not want to wait knows that nothing
// was sent.
func TestASendThatHasToWaitSaysSo(t *testing.T) {
	env, sends := limitedAPI(t, "50")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	stderr := &watched{at: "429 Too Many Requests: waiting 50s before the next try\n", then: interrupt}
	a := &app{in: strings.NewReader(""), out: io.Discard, err: stderr, now: time.Now,
		env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	code := a.run(ctx, []string{"execute", "transactional_email", "create", "--yes", "-o", "table", "--data", mail})
	if code != exitInterrupted || sends.Load() != 1 || !strings.HasSuffix(stderr.String(), "error: interrupted: nothing was sent\n") {
		t.Errorf("exit code %d, %d sends, %s", code, sends.Load(), stderr)
	}
	_, stdout, _ := atATerminal(t, env, "", "sql", "select outcome from actions", "-o", "csv")
	if stdout != "outcome\nunsent\n" {
		t.Errorf("the actions are %q", stdout)
	}
}

// TestASendDoesNotWaitForLong: who sends by hand waits a minute at most.
func TestASendDoesNotWaitForLong(t *testing.T) {
	env, sends := limitedAPI(t, "61")
	code, _, stderr := atATerminal(t, env, "", "execute", "transactional_email", "create", "--yes", "-o", "json", "--data", mail)
	if code != exitUpstream || sends.Load() != 1 || !strings.Contains(stderr, `"type":"rate_limited"`) || strings.Contains(stderr, "waiting") {
		t.Errorf("exit code %d, %d sends, %s", code, sends.Load(), stderr)
	}
}

// TestAKilledSendReadsAsUnknown: the process dies between the request and its answer.
func TestAKilledSendReadsAsUnknown(t *testing.T) {
	arrived, ended := make(chan struct{}), make(chan struct{})
	var sends atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/send/email" {
			_, _ = io.WriteString(w, `{"workspaces":[]}`)
			return
		}
		if sends.Add(1) == 1 {
			close(arrived)
		}
		<-ended
	}))
	defer server.Close()
	defer close(ended)
	s := newScript(t, nil)
	s.env["CIOMIRROR_API_URL"], s.env["CIO_APP_KEY"] = server.URL, canary
	s.write("mail.json", `{"transactional_message_id":1,"to":"ann@example.com","identifiers":{"id":"42"}}`)
	var stdout, stderr bytes.Buffer
	send, err := s.start(t.Context(), []string{"execute", "transactional_email", "create", "--yes", "--data", "@mail.json"}, &stdout, &stderr)
	if err != nil {
		t.Fatal(err)
	}
	if err := send.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-arrived:
	case <-time.After(patience):
		t.Fatalf("nothing was sent: %s", stderr.String())
	}
	if err := send.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = send.Wait() // it was killed
	if err := s.expect(exitOK, []string{"sql", "select outcome, finished from actions", "-o", "csv"}); err != nil {
		t.Fatal(err)
	}
	if s.stdout != "outcome,finished\nunknown,\n" || sends.Load() != 1 {
		t.Errorf("%d sends, and the actions are %q", sends.Load(), s.stdout)
	}
}
