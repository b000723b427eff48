// Package catalog states what Customer.io lists and accepts: every entity, its
// fields, how its list is paged, and every action with its parameters and their
// form on the wire. It is data, and the one place of truth: the API client, the
// sync, the store's schema, the search, the schema command and the docs all read
// it, so that a new entity is one literal here.
//
// It knows nothing of HTTP, SQL or the command line, and imports only the
// standard library.
package catalog
