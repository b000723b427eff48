package main

import (
	"context"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"ciomirror/cio"
)

// checkKey looks where the key comes from. Without one the mirror can be read, but not
// be filled.
func checkKey(ctx context.Context, p *patient) finding {
	found, err := p.settings.findKey()
	if err != nil {
		no := problemOf(ctx, err)
		if has, err := p.settings.hasKey(); err == nil && !has {
			return suspect(no.Hint, "there is none: the mirror can be read, the API is not looked at")
		}
		return bad(no.Hint, "%s", no.Message)
	}
	p.key = found.key
	if p.mirror != nil {
		if err := p.mirror.BoundTo(ctx, found.key); err != nil {
			return bad(problemOf(ctx, err).Hint, "from %s: %v", found.source, err)
		}
	}
	if info, err := os.Stat(found.file); err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return suspect("chmod 600 "+found.file, "from a file that others on this machine can get at: %s", found.file)
	}
	return good("from %s", found.source)
}

// checkAPI finds the key's region, which proves that the API knows the key.
func checkAPI(ctx context.Context, p *patient) finding {
	p.answer = &lastAnswer{now: p.now}
	api, err := p.connect(func(o *cio.Options) {
		p.answer.next, o.Transport = o.Transport, p.answer
		o.Timeout, o.MaxWait = answerTime, answerTime // somebody waits for this one
	})
	var region cio.Region
	if err == nil {
		region, err = api.Discover(ctx)
	}
	if err != nil {
		return bad(problemOf(ctx, err).Hint, "%v", err)
	}
	p.api = api
	got := p.answer.get()
	if region == "" {
		return good("%s answers in %d ms", got.host, got.took.Milliseconds())
	}
	return good("%s, the region %s, answers in %d ms", got.host, region, got.took.Milliseconds())
}

// answerTime is how long the API may take for one answer, and how long it may ask us to
// wait.
const answerTime = 10 * time.Second

// mostSkew is how far the clocks may be apart. Windows of messages are closed by the
// API's times and read again by ours.
const mostSkew = time.Minute

func checkClock(_ context.Context, p *patient) finding {
	got := p.answer.get()
	if got.date.IsZero() {
		return suspect("compare the clock of this machine by hand", "the API does not say what time it is")
	}
	// The API's time has whole seconds and is from between the two.
	skew := got.at.Add(-got.took / 2).Sub(got.date.Add(time.Second / 2))
	if skew.Abs() > mostSkew {
		return suspect("set this machine's clock: times decide what a sync reads again", "this machine's clock is %s", apart(skew))
	}
	return good("within %d s of the API's", int((skew.Abs() + time.Second - 1).Seconds()))
}

func apart(skew time.Duration) string {
	if skew < 0 {
		return skew.Abs().Round(time.Second).String() + " behind the API's"
	}
	return skew.Round(time.Second).String() + " ahead of the API's"
}

// checkScopes asks for a record of every list that stands by itself: the nested ones
// come with their parents.
func checkScopes(ctx context.Context, p *patient) finding {
	s, err := readScopes(ctx, p.api)
	if err != nil {
		return bad(problemOf(ctx, err).Hint, "%v", err)
	}
	may, denied := s.Readable, s.Forbidden
	switch {
	case len(may) == 0:
		return bad("give the key scopes in Customer.io under Account Settings, API Credentials", "the key may read nothing")
	case len(denied) > 0:
		return suspect("give the key the scopes in Customer.io under Account Settings, API Credentials, or leave it so",
			"the key may read %d of %d lists; 403 for: %s", len(may), len(may)+len(denied), strings.Join(denied, ", "))
	}
	return good("the key may read all %d lists", len(may))
}

// lastAnswer notes what the last answer of the API says of time and place.
type lastAnswer struct {
	next http.RoundTripper
	now  func() time.Time

	mu   sync.Mutex
	last answered
}

type answered struct {
	host string
	at   time.Time // by our clock
	took time.Duration
	date time.Time // by the API's; zero when it does not say
}

func (l *lastAnswer) get() answered {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// RoundTrip implements http.RoundTripper.
func (l *lastAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	begun := l.now()
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	at := l.now()
	date, _ := http.ParseTime(resp.Header.Get("Date"))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = answered{host: r.URL.Host, at: at, took: at.Sub(begun), date: date}
	return resp, nil
}
