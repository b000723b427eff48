package connector

import "context"

// Preview is the request that Execute would send, checked as Execute checks it. It
// needs no key and no permission, and sends nothing. A search sends nothing either,
// and so has no preview.
func (c *Connector) Preview(_ context.Context, r Request) (Call, error) {
	if err := c.check(r); err != nil {
		return Call{}, err
	}
	return Call{}, refuse("not_supported", "action", "%s is answered from the mirror: no request goes out", r.Action)
}
