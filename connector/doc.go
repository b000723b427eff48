// Package connector is the one place where an entity, an action and its parameters
// become a result: all 40 pairs of the reference page, and the search of every
// mirrored entity. The command line, the HTTP server and the MCP server decode a
// request, call Execute and encode what comes back; none of them decides anything.
//
// Everything that is particular to an action stands in package catalog. The code here
// knows parameters, places, forms and effects, and no action by name.
//
//   - Parameters are checked before anything goes out. An *Error names the place,
//     says what is allowed and shows an example.
//   - A search is answered from the mirror, never over the network. A list or a get
//     comes live when there is a key and from the mirror otherwise; Request.Source
//     and Options.Source decide. Envelope.Origin says which one it was. From the
//     mirror, parameters, page sizes and records are those of the API, but the page
//     tokens are its own, and neither takes the other's.
//   - A write is noted in the Ledger before it leaves and when it ended, and its
//     record goes into the mirror at once. Writes are off unless Options.AllowWrites,
//     what reaches people unless Options.AllowSends as well.
//   - Nothing that reaches people is repeated. Where nobody knows whether it took
//     effect, the *Error is of type OutcomeUnknown and says how to find out.
//   - Preview is the request that an action would send.
package connector
