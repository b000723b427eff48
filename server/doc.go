// Package server is the HTTP face of a mirror: the hosted execute interface under
// /api/v1, so that a client of the hosted service works when its base URL names this
// machine, and beside it health, readiness, metrics and an OpenAPI document.
//
// It decodes a request, hands it to the connector and encodes what comes back. What a
// filter means, what a record holds and where it comes from it does not know. One
// guard stands before every route, those that are mounted from outside too: it looks
// at the host, the origin, the token and the size of a request before anything else
// does.
package server
