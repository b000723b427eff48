package cio

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"

	"ciomirror/catalog"
)

const (
	maxHops      = 5
	maxErrorBody = 64 << 10
)

// attempt is one try of a call: one request, and the redirects it meets.
type attempt struct {
	*call
	client *Client
	again  bool
	ticket ticket

	dialled, sent atomic.Bool // see mayHaveLeft
}

// make waits for its turn, asks, and reads the answer to its end.
func (a *attempt) make(ctx context.Context) *Error {
	address := a.base + a.path
	if len(a.query) > 0 {
		address += "?" + a.query.Encode()
	}
	u, err := url.Parse(address)
	if err != nil {
		return a.fail(kindRefused, errors.New("the address cannot be read"))
	}
	for hop := 0; ; hop++ {
		if err := a.wait(ctx); err != nil {
			e := a.fail(kindCancelled, err)
			e.unsent = hop == 0
			return e
		}
		next, e := a.ask(ctx, u, a.again || hop > 0)
		if e != nil || next == nil {
			return e
		}
		if hop == maxHops {
			return a.fail(kindRefused, fmt.Errorf("more than %d redirects", maxHops))
		}
		u = next
	}
}

func (a *attempt) wait(ctx context.Context) (err error) {
	start := a.client.now()
	defer func() { a.meter.Wait(a.client.now().Sub(start)) }()
	if a.class == triggers {
		if a.ticket, err = a.client.limiter.triggers.wait(ctx); err != nil {
			return err
		}
		_, err = a.client.limiter.general.wait(ctx)
		return err
	}
	a.ticket, err = a.client.limiter.general.wait(ctx)
	return err
}

// ask makes one request. It returns where a redirect leads, or an error, or neither
// when the answer was read and accepted.
func (a *attempt) ask(ctx context.Context, u *url.URL, again bool) (*url.URL, *Error) {
	limited, cancel := context.WithTimeout(ctx, a.client.opts.Timeout)
	defer cancel()
	req := a.request(limited, u)
	a.meter.Request(again)
	resp, err := a.client.transport.RoundTrip(req)
	if err != nil {
		return nil, a.broke(ctx, limited, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusTooManyRequests {
		a.client.pacerOf(a.call).answered()
	}
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		return nil, a.success(ctx, limited, resp)
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return a.redirect(u, resp)
	}
	// What an error says is worth reading, but not worth failing over.
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil && ctx.Err() != nil {
		return nil, a.broke(ctx, limited, err)
	}
	return nil, a.status(resp, text)
}

func (a *attempt) request(ctx context.Context, u *url.URL) *http.Request {
	if a.class != reads {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GetConn: func(string) { a.dialled.Store(true) },
			GotConn: func(httptrace.GotConnInfo) { a.sent.Store(true) },
		})
	}
	req := (&http.Request{
		Method: a.method, URL: u, Host: u.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"Authorization": {"Bearer " + a.client.key()},
			"Accept":        {"application/json"},
			"User-Agent":    {a.client.agent},
		},
	}).WithContext(ctx)
	if a.body != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(a.body)), int64(len(a.body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(a.body)), nil }
	}
	return req
}

// success reads and checks an answer of 2xx.
func (a *attempt) success(ctx, limited context.Context, resp *http.Response) *Error {
	maxBody := a.client.opts.MaxBody
	src := newSource(resp.Body, maxBody)
	err := a.accept(src)
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.Is(src.err, errTooLarge):
		e = a.fail(kindContract, fmt.Errorf("the answer is larger than %d bytes", maxBody))
	case src.err != nil:
		e = a.broke(ctx, limited, src.err)
	default:
		e = a.fail(kindContract, err)
		if fault, ok := errors.AsType[*bodyFault](err); ok && fault.broken {
			e.kind = kindBroken
		}
	}
	e.Status = resp.StatusCode
	e.Unknown = a.class != reads
	return e
}

// redirect decides where a redirect may lead: a read may go on at the same host, or
// from one host of Customer.io to another over TLS. Anywhere else would carry the
// key to a stranger.
func (a *attempt) redirect(from *url.URL, resp *http.Response) (*url.URL, *Error) {
	refuse := func(format string, args ...any) (*url.URL, *Error) {
		e := a.fail(kindRefused, fmt.Errorf(format, args...))
		e.Status = resp.StatusCode
		return nil, e
	}
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		e := a.status(resp, nil)
		e.Unknown = a.class != reads
		return nil, e
	}
	to, err := from.Parse(resp.Header.Get("Location"))
	switch {
	case a.class != reads:
		return refuse("a %s is not repeated at another address", a.method)
	case err != nil || resp.Header.Get("Location") == "" || to.Host == "" || to.User != nil:
		return refuse("a redirect to no address")
	case to.Scheme != "https" && to.Scheme != from.Scheme:
		return refuse("a redirect from https to %s", to.Scheme)
	case to.Scheme == from.Scheme && strings.EqualFold(to.Host, from.Host):
	case to.Scheme == "https" && from.Scheme == "https" && customerIO(to) && customerIO(from):
	default:
		return refuse("a redirect to another host, %s", quote(to.Host, maxText))
	}
	to.Fragment = ""
	return to, nil
}

func customerIO(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	return (host == "customer.io" || strings.HasSuffix(host, ".customer.io")) && (u.Port() == "" || u.Port() == "443")
}

// status makes the error of an answer that is none.
func (a *attempt) status(resp *http.Response, body []byte) *Error {
	e := a.fail(kindStatus, nil)
	e.Status = resp.StatusCode
	says := parseFailure(body)
	e.Detail, e.Code, e.Pointer = a.client.hide(says.detail), a.client.hide(says.code), a.client.hide(says.pointer)
	e.RetryAfter = retryAfter(resp.Header, a.client.now())
	switch {
	case e.Status == http.StatusTooManyRequests:
		// The daily quota of archived messages comes without Retry-After.
		_, quota := statedLimit(e.Detail)
		e.daily = e.RetryAfter == 0 && (quota || strings.HasSuffix(a.path, "/archived_message"))
	case e.Status == http.StatusNotFound:
		_, isObject := object(body)
		if e.gone = len(bytes.TrimSpace(body)) > 0 && !isObject; e.gone {
			e.Err = catalog.ErrContract
		}
	case e.Status >= 500 && e.Status != http.StatusNotImplemented, e.Status == http.StatusRequestTimeout:
		e.Unknown = a.class != reads
	}
	return e
}

// broke makes the error of an answer that did not come, or not to its end. ctx is
// the caller's, limited the attempt's.
func (a *attempt) broke(ctx, limited context.Context, err error) *Error {
	var e *Error
	switch {
	case ctx.Err() != nil:
		e = a.fail(kindCancelled, cancelled(ctx))
	case limited.Err() != nil:
		// Not wrapped: it is our limit, and a caller who finds DeadlineExceeded
		// would take it for the run's.
		e = a.fail(kindNetwork, fmt.Errorf("no complete answer within %v", a.client.opts.Timeout))
	case untrusted(err):
		e = a.fail(kindRefused, err)
	default:
		e = a.fail(kindNetwork, err)
	}
	e.unsent = !a.mayHaveLeft(err)
	e.Unknown = a.class != reads && !e.unsent
	return e
}

// mayHaveLeft reports whether the request may have reached the server. When in
// doubt it did: a transport that says nothing of its connections is not trusted to
// have sent nothing.
func (a *attempt) mayHaveLeft(err error) bool {
	if a.dialled.Load() && !a.sent.Load() {
		return false
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return false
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return false
	}
	return !untrusted(err)
}

// untrusted reports whether the server could not prove who it is. Asking again will
// not change that.
func untrusted(err error) bool {
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, hostname := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	return verification || authority || hostname || invalid
}

func (a *attempt) fail(k kind, err error) *Error {
	if err != nil && a.client.hide(err.Error()) != err.Error() {
		err = errors.New(a.client.hide(err.Error()))
	}
	host := a.base
	if u, parseErr := url.Parse(a.base); parseErr == nil {
		host = u.Host
	}
	return &Error{Op: a.op, Method: a.method, Path: shown(a.path), Err: err, kind: k, host: host}
}
