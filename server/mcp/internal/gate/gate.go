// Package gate is how clients get in and out: one line or one HTTP request after the
// other, with sessions or without, and no panic of a tool ends more than its call. It
// knows the protocol and nothing of the mirror, so that the protocol's own test suite
// can be run against it with tools of its own.
package gate

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// Guard makes every request of a server survive its own faults, and notes it in the
// log without what was asked: that may be personal.
func Guard(s *sdk.Server, log *slog.Logger, now func() time.Time) {
	s.AddReceivingMiddleware(func(next sdk.MethodHandler) sdk.MethodHandler {
		return func(ctx context.Context, method string, req sdk.Request) (res sdk.Result, err error) {
			begun := now()
			defer func() {
				if fault := recover(); fault != nil {
					// The stack is the author's affair and goes no further than the log.
					log.Error("a request panicked", "method", method, "fault", fmt.Sprint(fault))
					res, err = nil, &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "internal error: please report it"}
				}
				log.Debug("request answered", "method", method, "ms", now().Sub(begun).Milliseconds(), "ok", err == nil)
			}()
			return next(ctx, method, req)
		}
	})
}

// idle is how long a session that asks nothing is kept.
const idle = 10 * time.Minute

// firstStateless is the first version of the protocol that knows no sessions.
const firstStateless = "2026-07-28"

// Handler serves over streamable HTTP. It refuses what a page of another web site
// sends, and on a loopback address whatever calls it by another name. With named the
// caller has looked at the name before, and knows of others: those of a proxy on this
// machine, for example.
//
// Two generations of clients need two ways in. Since July 2026 every request stands
// alone; before, a client has a session, and without one it could not be asked
// anything back.
func Handler(s *sdk.Server, named bool) http.Handler {
	server := func(*http.Request) *sdk.Server { return s }
	stateless := sdk.NewStreamableHTTPHandler(server, &sdk.StreamableHTTPOptions{
		Stateless: true, PropagateRequestCancellation: true, DisableLocalhostProtection: named,
	})
	sessions := sdk.NewStreamableHTTPHandler(server, &sdk.StreamableHTTPOptions{SessionTimeout: idle, DisableLocalhostProtection: named})
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("MCP-Protocol-Version") >= firstStateless {
			stateless.ServeHTTP(w, r)
			return
		}
		sessions.ServeHTTP(w, r)
	}))
}
