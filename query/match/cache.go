package match

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

// remembered is how many operands a cache keeps. A query has a handful; a cache
// that is full starts afresh.
const remembered = 256

// cache keeps what was made from an operand, because a scan asks for the same one
// a million times. Reading takes no lock.
type cache[T any] struct {
	make func(string) (T, error)
	kept atomic.Pointer[map[string]T]
	mu   sync.Mutex // held by the one who adds
}

func newCache[T any](make func(string) (T, error)) *cache[T] {
	c := &cache[T]{make: make}
	c.kept.Store(&map[string]T{})
	return c
}

func (c *cache[T]) get(operand string) (T, error) {
	if v, ok := (*c.kept.Load())[operand]; ok {
		return v, nil
	}
	operand = strings.Clone(operand) // it may be lent by the database
	v, err := c.make(operand)
	if err != nil {
		return v, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	old := *c.kept.Load()
	next := make(map[string]T, len(old)+1)
	if len(old) < remembered {
		maps.Copy(next, old)
	}
	next[operand] = v
	c.kept.Store(&next)
	return v, nil
}
