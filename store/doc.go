// Package store is the contract between the mirror and whatever keeps it: how a
// record of the API becomes a row (Decoder), how the row becomes the record again
// (Table.Record), and what a store can do with rows (Store, Run, Reader).
//
// It knows the catalog and JSON. It knows no SQL dialect, no HTTP and no
// schedule. Package storetest holds the suite that every store must pass; package
// sqlite is the one store there is.
package store
