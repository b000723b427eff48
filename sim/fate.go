package sim

// metric is one of the names in a delivery's metrics.
type metric uint8

const (
	mCreated metric = iota
	mDrafted
	mAttempted
	mSent
	mDelivered
	mOpened
	mHumanOpened
	mPrefetchOpened
	mClicked
	mHumanClicked
	mPrefetchClicked
	mConverted
	mBounced
	mDropped
	mFailed
	mSpammed
	mUndeliverable
	mUnsubscribed
	mLink // link:<n>
	mHumanLink
	mMetrics
)

var metricNames = [mMetrics]string{
	"created", "drafted", "attempted", "sent", "delivered", "opened", "human_opened", "prefetch_opened",
	"clicked", "human_clicked", "prefetch_clicked", "converted", "bounced", "dropped", "failed", "spammed",
	"undeliverable", "unsubscribed", "link", "human_link",
}

// fateLasts bounds the time from a delivery's creation to its last metric.
const fateLasts = 23 * day

// fate is all that will ever happen to a delivery, in Unix seconds. What of it is
// visible depends on the clock: that is why old deliveries change.
type fate struct {
	at   [mMetrics]int64 // 0: never
	link int64           // the number of the link clicked first
}

// newest is the time of the last thing that happened until now.
func (f *fate) newest(now int64) int64 {
	var last int64
	for _, t := range f.at {
		if t <= now {
			last = max(last, t)
		}
	}
	return last
}

// rates are how likely things are for a message type.
type rates struct {
	delivered, bounced float64 // the rest is dropped, failed or undeliverable
	receipt            bool    // the channel tells that a message arrived
	prefetch, opened   float64
	clicked            float64 // of those who opened, or of those it reached where opens are not seen
	converted          float64 // of those who clicked
}

var ratesOf = map[string]*rates{
	"email":    {delivered: 0.97, bounced: 0.012, receipt: true, prefetch: 0.28, opened: 0.31, clicked: 0.13, converted: 0.25},
	"push":     {delivered: 0.93, bounced: 0.03, receipt: true, opened: 0.09, clicked: 0.4, converted: 0.1},
	"twilio":   {delivered: 0.96, bounced: 0.01, receipt: true, clicked: 0.06, converted: 0.2},
	"in_app":   {delivered: 0.99, opened: 0.45, clicked: 0.15, converted: 0.2},
	"whatsapp": {delivered: 0.95, bounced: 0.01, receipt: true, opened: 0.6, clicked: 0.1, converted: 0.2},
	"webhook":  {delivered: 0.98},
	"slack":    {delivered: 0.99},
	"inbox":    {delivered: 0.99, opened: 0.5},
}

// live makes the fate of a delivery created at a time in Unix seconds.
func (f *fate) live(r rnd, kind string, created int64) {
	*f = fate{}
	f.at[mCreated] = created
	p := ratesOf[kind]
	if p == nil {
		p = ratesOf["email"]
	}
	f.at[mAttempted] = created + r.between(0, 1)
	if x := r.unit(); x >= p.delivered {
		switch {
		case x < p.delivered+p.bounced:
			f.at[mSent] = f.at[mAttempted] + r.between(0, 3)
			f.at[mBounced] = f.at[mSent] + r.between(1, 600)
		case r.chance(0.5):
			f.at[mDropped] = f.at[mAttempted] + r.between(0, 2)
		case r.chance(0.6):
			f.at[mFailed] = f.at[mAttempted] + r.between(0, 30)
		default:
			f.at[mUndeliverable] = f.at[mAttempted]
		}
		return
	}
	f.at[mSent] = f.at[mAttempted] + r.between(0, 3)
	reached := f.at[mSent]
	if p.receipt {
		reached += r.spread(1, 120)
		f.at[mDelivered] = reached
	}
	if r.chance(p.prefetch) {
		f.at[mPrefetchOpened] = reached + r.spread(5, 900)
		if r.chance(0.03) {
			f.at[mPrefetchClicked] = f.at[mPrefetchOpened] + r.between(1, 20)
		}
	}
	if r.chance(p.opened) {
		f.at[mHumanOpened] = reached + r.spread(60, 14*86400)
	}
	f.at[mOpened] = first(f.at[mPrefetchOpened], f.at[mHumanOpened])
	seen := f.at[mHumanOpened]
	if p.opened == 0 {
		seen = reached
	}
	if seen == 0 {
		f.at[mClicked] = f.at[mPrefetchClicked]
		return
	}
	if r.chance(p.clicked) {
		f.at[mHumanClicked] = seen + r.spread(5, 3600)
		f.link = r.between(1, 3)
		if r.chance(p.converted) {
			f.at[mConverted] = f.at[mHumanClicked] + r.spread(300, 7*86400)
		}
	}
	f.at[mClicked] = first(f.at[mPrefetchClicked], f.at[mHumanClicked])
	if kind == "email" {
		if r.chance(0.006) {
			f.at[mUnsubscribed] = seen + r.between(10, 600)
		}
		if r.chance(0.001) {
			f.at[mSpammed] = seen + r.between(10, 600)
		}
	}
	if f.link > 0 {
		f.at[mHumanLink] = f.at[mHumanClicked]
		f.at[mLink] = f.at[mHumanClicked]
	}
}

// first is the smaller of two times of which 0 means never.
func first(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
