package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Size is how much a simulated workspace holds.
type Size string

// The sizes. Small is for demos and tests: a mirror of all of it takes fewer than
// 80 requests. Medium has 100 000 deliveries and 50 000 activities, Large
// 1 000 000 and 200 000.
const (
	Small  Size = "small"
	Medium Size = "medium"
	Large  Size = "large"
)

// ParseSize reads small, medium or large.
func ParseSize(s string) (Size, error) {
	if _, ok := extents[Size(s)]; !ok {
		return "", fmt.Errorf("unknown size %q (known: small, medium, large)", s)
	}
	return Size(s), nil
}

// extent is what a size means in records.
type extent struct {
	people, messages, campaigns, newsletters, mailings, segments    int
	senders, hidden, snippets, collections, webhooks, transactional int
	broadcasts, exports, drafts, topics                             int
	burst                                                           float64 // deliveries of a newsletter, in ordinary days
	personEvents                                                    int     // activities a day that no delivery caused
	sentShare                                                       float64 // share of deliveries whose sent and delivered are activities
}

var extents = map[Size]extent{
	Small: {people: 1200, messages: 4000, campaigns: 12, newsletters: 6, mailings: 4, segments: 15,
		senders: 8, hidden: 2, snippets: 10, collections: 3, webhooks: 1, transactional: 5,
		broadcasts: 3, exports: 2, drafts: 7, topics: 4, burst: 2.5, personEvents: 20, sentShare: 0.3},
	Medium: {people: 20_000, messages: 100_000, campaigns: 80, newsletters: 120, mailings: 50, segments: 250,
		senders: 25, hidden: 4, snippets: 60, collections: 15, webhooks: 3, transactional: 30,
		broadcasts: 12, exports: 20, drafts: 60, topics: 8, burst: 1, personEvents: 450, sentShare: 0.75},
	Large: {people: 200_000, messages: 1_000_000, campaigns: 600, newsletters: 1200, mailings: 56, segments: 2000,
		senders: 200, hidden: 20, snippets: 400, collections: 50, webhooks: 10, transactional: 300,
		broadcasts: 40, exports: 500, drafts: 400, topics: 12, burst: 1, personEvents: 2600, sentShare: 0.12},
}

// RetryAfter says what a 429 carries in that header.
type RetryAfter string

// The ways of Retry-After; the zero value is present.
const (
	RetryAfterPresent RetryAfter = "present"
	RetryAfterAbsent  RetryAfter = "absent"
	RetryAfterGarbage RetryAfter = "garbage"
)

// EndMarker says how the last page of a list ends. Newsletters and segment
// membership always end with an empty string, as they do in reality.
type EndMarker string

// The end markers; the zero value is the empty string.
const (
	EndEmpty  EndMarker = "empty"
	EndAbsent EndMarker = "absent"
	EndNull   EndMarker = "null"
)

// Options set up a simulator. Now is required; every other zero value works.
type Options struct {
	// Size of the workspace; Small when empty.
	Size Size
	// Seed of everything that looks like chance.
	Seed uint64
	// Start is the workspace's time at New; Now() when zero.
	Start time.Time
	// Now is the real clock. Inside a testing/synctest bubble time.Now will do.
	Now func() time.Time
	// Days of deliveries that exist at Start; 170 when zero.
	Days int

	// Rate is the limit in requests per second; 0 is unlimited.
	Rate int
	// SendRate is the limit of /v1/send in requests per second; 0 is unlimited.
	SendRate int
	// RetryAfter is what a 429 carries.
	RetryAfter RetryAfter
	// Latency is added to every answer.
	Latency time.Duration
	// Faults strike at random or on chosen paths; see ParseFaults.
	Faults Faults

	// Key is the App API key; "sim-key" when empty.
	Key string
	// EU puts the workspace into the other region: requests for the host of the
	// wrong region answer 401. Other hosts are not looked at.
	EU bool
	// Forbidden are the entities whose endpoints answer 403, by their catalog names.
	Forbidden []string

	// NullLists makes every empty list null, not only the five that always are.
	NullLists bool
	// EndMarker is how a last page ends.
	EndMarker EndMarker
	// StrictLimits answers 400 to a limit above the maximum, which is otherwise clamped.
	StrictLimits bool
	// EmptyPages puts an empty page with a live token between any two pages of messages.
	EmptyPages bool
	// OldestFirst turns the order of activities round.
	OldestFirst bool
}

func (o *Options) validate() error {
	var faults []error
	if o.Size == "" {
		o.Size = Small
	}
	if _, err := ParseSize(string(o.Size)); err != nil {
		faults = append(faults, err)
	}
	if o.Now == nil {
		faults = append(faults, errors.New("Now is required: pass time.Now, or the test's clock"))
	} else if o.Start.IsZero() {
		o.Start = o.Now()
	}
	if o.Days == 0 {
		o.Days = 170
	}
	if o.Days < 1 || o.Days > 3650 {
		faults = append(faults, fmt.Errorf("days are %d: they must lie between 1 and 3650", o.Days))
	}
	if o.Rate < 0 || o.SendRate < 0 || o.Latency < 0 {
		faults = append(faults, errors.New("a negative rate, send rate or latency"))
	}
	if o.Key == "" {
		o.Key = "sim-key"
	}
	if !slices.Contains([]RetryAfter{"", RetryAfterPresent, RetryAfterAbsent, RetryAfterGarbage}, o.RetryAfter) {
		faults = append(faults, fmt.Errorf("unknown RetryAfter %q (known: present, absent, garbage)", o.RetryAfter))
	}
	if !slices.Contains([]EndMarker{"", EndEmpty, EndAbsent, EndNull}, o.EndMarker) {
		faults = append(faults, fmt.Errorf("unknown EndMarker %q (known: empty, absent, null)", o.EndMarker))
	}
	for _, name := range o.Forbidden {
		if !slices.ContainsFunc(routes, func(r route) bool { return r.entity == name }) {
			faults = append(faults, fmt.Errorf("cannot forbid %q: no endpoint belongs to it", name))
		}
	}
	faults = append(faults, o.Faults.validate()...)
	return errors.Join(faults...)
}

// Sim is one simulated workspace. Its methods may be called from several
// goroutines; which random fault strikes which of two simultaneous requests then
// depends on their order.
type Sim struct {
	o     Options
	size  extent
	first time.Time // what Now said at New

	advanced atomic.Int64 // nanoseconds added by Advance

	// mu guards everything below. Reading handlers hold it shared, handlers that
	// change something hold it alone.
	mu     sync.RWMutex
	now    int64   // virtual milliseconds since 1970, as of the last settle
	queue  []event // what is going to happen, earliest first
	tables map[string]*table
	seq    map[string]int64 // last id given, per sequence
	shop   expendable

	line    timeline
	sources sources
	sent    []*delivery // deliveries made by writes, by creation
	drafts  []*delivery
	gone    map[int64]bool  // indexes of deleted generated deliveries
	refs    map[string]bool // ids of deleted activities

	collections map[int64][]byte // contents, as JSON arrays
	designed    map[int64]bool   // contents made in the drag-and-drop editor
	triggers    map[int64][]*trigger
	suppressed  map[string][]suppression
	shelves     map[string]*table
	polls       int64 // how often the workspaces were read

	log activityLog

	gate    gate
	traffic traffic
}

// New makes a workspace. It reports all faults of the options at once.
func New(o Options) (*Sim, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("set up the simulator: %w", err)
	}
	s := &Sim{
		o: o, size: extents[o.Size], first: o.Now(), now: o.Start.UnixMilli(),
		tables: map[string]*table{}, seq: map[string]int64{},
		gone: map[int64]bool{}, refs: map[string]bool{},
		collections: map[int64][]byte{}, designed: map[int64]bool{},
		triggers: map[int64][]*trigger{}, suppressed: map[string][]suppression{},
		shelves: map[string]*table{},
	}
	s.o.Faults = slices.Clone(o.Faults)
	for i := range s.o.Faults {
		s.o.Faults[i].struck = new(atomic.Int64) // counted per simulator
	}
	s.gate.start(&s.o)
	s.traffic.start()
	s.build()
	s.buildTimeline()
	return s, nil
}

// base is the start of the simulated workspace in Unix seconds.
func (s *Sim) base() int64 { return s.o.Start.Unix() }

func (o *Options) wrongHost(host string) bool {
	host, _, _ = strings.Cut(host, ":")
	return o.EU && host == "api.customer.io" || !o.EU && host == "api-eu.customer.io"
}
