package mcp

import (
	"context"
	"errors"
	"fmt"
)

type statusIn struct{}

type statusOut struct {
	about
	Status
}

// maxSnapshots is how many snapshots a status names: there may be one a day.
const maxSnapshots = 30

func (s *Server) status(ctx context.Context, _ statusIn) (out statusOut, err error) {
	m, err := s.o.Workspace.Open(ctx, "")
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if out.about, err = s.about(ctx, m, ""); err != nil {
		return out, err
	}
	if out.Status, err = m.Status(ctx); err != nil {
		return out, err
	}
	if n := len(out.Snapshots); n > maxSnapshots {
		out.Snapshots = out.Snapshots[:maxSnapshots]
		out.advise(fmt.Sprintf("%d older snapshots are left out: select name from snapshots", n-maxSnapshots))
	}
	return out, nil
}
