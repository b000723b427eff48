// Package query is the search: the filter JSON of the hosted context store, checked
// against the catalog and compiled to SQL.
//
// It works in steps that can be used one by one. Parse reads the params of a
// request and knows only the grammar. Compiler.Compile finds the fields in the
// catalog, checks operators and operands, and returns a Plan: statements to run,
// one after the other, until the page is full. Run runs them against a Source and
// returns the answer.
//
// The rules in short: null and absent are one thing; a comparison with an absent
// value is unknown, and only what is true is returned; numbers are compared
// exactly; an unknown field or operator, or an operand of a wrong type, is an
// *Error before any row is read. Values are always bound, and identifiers come from
// the catalog only. The same query gives the same SQL.
//
// Counts and facets (Extras) are ours, not the hosted store's, and off unless asked
// for.
//
// The package knows nothing of connections, of the API or of the command line. SQL
// that only one database understands stands behind Dialect, and the predicates
// that no database has in package match.
package query
