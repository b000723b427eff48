// Package sync copies a workspace into the mirror: it walks every list of the
// API, in the order that the catalog gives, and hands the rows to the store.
//
// There are two kinds of list. A complete list shows every live record; it is set
// aside while it is walked, applied in one transaction, and a row that a complete
// walk did not show is gone. A windowed list (messages by time, activities by age)
// only grows: its pages are stored as they come, and nothing is ever deleted for
// being absent.
//
// A walk that fails deletes nothing and stops no other entity. Only a key that is
// refused (401) stops the run.
//
// The package knows the catalog, the store's contract and, through Source, pages
// of records. It knows no HTTP and no SQL. Other packages import it as syncer.
package sync
