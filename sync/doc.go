// Package sync copies a workspace into the mirror: it reads the lists of the API,
// in the order that the catalog gives, and hands the rows to the store.
//
// There are three kinds of list:
//
//   - A complete list shows every live record. It is set aside while it is walked and
//     applied in one transaction; a row that a complete walk did not show is gone.
//     Nested lists are read for the parents that changed (lists.go).
//   - A windowed list (messages) is read in closed windows of time, the newest
//     first, and again as they age (deliveries.go, calendar.go, window.go). Whose a
//     delivery is may be told by another list (attribute.go).
//   - A feed (activities) shows what happened lately, and is read back to what is
//     known (feed.go).
//
// Of the last two nothing is ever deleted for being absent; their pages are stored as
// they come.
//
// A run goes on where the one before it stopped: by window, by parent or by list.
// Page tokens are positions in a list that moves, and are never kept. A walk that
// fails deletes nothing and stops no other entity. Only a key that is refused (401)
// stops the run.
//
// The package knows the catalog, the store's contract and, through Source, pages
// of records. It knows no HTTP and no SQL. Other packages import it as syncer.
package sync
