// Package page is the web page: the mirror shown to people.
//
// It reads and never writes: no request has an effect, so that there is nothing for
// a strange site to trick a browser into. What changes something is shown as a
// command to copy.
//
// Everything is made on the server, and the whole state of a view stands in its
// URL; the script adds comfort and nothing that is not there without it. Whatever
// the workspace holds is text: it is escaped by html/template and shown with its
// control characters made visible.
//
// The package knows the catalog. Where the data are and how they are asked for is
// its interfaces' affair.
package page
