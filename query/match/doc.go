// Package match holds the exact predicates of the search as pure Go: folded text,
// words, patterns, exact numbers, and conditions on what is inside a JSON value.
//
// A store registers Functions with its database, so that a query can call them
// beside plain SQL. They keep three-valued logic: an absent value gives an absent
// answer, and a condition inside a JSON value can be unknown as well.
//
// The package knows neither the catalog nor SQL. Everything in it may be used from
// several goroutines.
package match
