// Package connector is the one place where an entity, an action and its parameters
// become a result. The command line, the HTTP server and the MCP server decode a
// request, call Execute and encode what comes back; none of them decides anything.
//
// For now it answers searches, from the mirror. The live actions of the catalog are
// refused by name.
package connector
