// Package cio is the client of the Customer.io App API: it finds the region of a
// key, pages through lists, makes single calls, keeps to the rate limit and tries
// again where that is safe.
//
// It knows how to speak to the API and nothing of what the answers mean: which
// lists there are, under which key their records stand and which field identifies
// one comes from package catalog, and the records leave here byte for byte as they
// came. It must not know of tables, runs or commands.
//
// Three rules are older than the code. A page is whole or it is an error: an
// answer without its envelope key is never read as "no rows". A call that may have
// sent something to a person is never made twice. And the key of the account
// stands in one header of one host, and nowhere else: no error, log line, address
// or dump of a value shows it.
package cio
