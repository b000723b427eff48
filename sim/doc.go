// Package sim simulates the Customer.io App API: a believable workspace with data,
// paging, a rate limit, writes, sends, and faults on request. Tests, the demo and
// benchmarks run against it instead of an account.
//
// It was written from the API's documentation and never imports the client, so
// that client and simulator cannot share a mistake. Routes, envelope keys, paging
// and errors are its own literals.
//
// # Time and chance
//
// Every answer is a function of the seed, the virtual clock and the writes done
// so far. The virtual clock starts at Options.Start, follows Options.Now and jumps
// with Advance. As it moves, new deliveries and activities appear, old deliveries
// gain opens and clicks, a newsletter goes out, and every day a campaign, an
// action, a segment and a snippet are edited, something new is made and something
// old is deleted. Deliveries are never stored: each is computed from its index, so
// a workspace with a million of them takes about 20 MB.
//
// # Faults
//
// ParseFaults reads a comma-separated list of
//
//	kind=probability[@path][#times]
//
// The kind is 429, 500, 502, 503 or 504 (an error answer), html (a 502 page of a
// proxy), truncate (200 with half the JSON), reset (the connection breaks in the
// body), hang (no answer until the caller gives up), slow (two seconds late),
// duplicate (the last record of a list comes twice) or loop (next leads back to
// the page it came with). The probability is above 0 and at most 1. With @path the
// fault hits only requests whose path begins with it; with #times it happens at
// most so often. "truncate=1@/v1/segments#2" breaks the first two reads of the
// segments. Of several faults the first in the list that strikes wins.
//
// # Admin
//
// Outside /v1, without a key and without the rate limit, for loopback use only:
//
//	GET  /admin/requests                  counts, as Requests
//	GET  /admin/now                       {"now": RFC 3339}
//	POST /admin/advance?seconds=N         as Advance
//	POST /admin/rate?per_second=N         as SetRate
//	POST /admin/delete?entity=E&id=I      as Delete; parent=P for nested entities
//	GET  /admin/records?entity=E          the present truth, one record a line
//	GET  /files/exports/{id}.csv          what an export's download link leads to
package sim
