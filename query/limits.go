package query

import "time"

// The bounds of a request. Beyond each stands an error with the code too_large;
// nothing is ever cut.
const (
	// DefaultLimit and MaxLimit are the rows of a page.
	DefaultLimit = 1000
	MaxLimit     = 10_000
	// MaxParams is the size of the params, in bytes.
	MaxParams = 8 << 20
	// MaxDepth is how deep and, or, not and any may nest.
	MaxDepth = 64
	// MaxConditions is how many comparisons and ands, ors, nots a filter may have.
	// SQLite walks a chain of them by recursion and allows 1000 levels.
	MaxConditions = 500
	// MaxItems is how many items all the lists of in may have together.
	MaxItems = 100_000
	// MaxPath is how many parts a path with dots may have.
	MaxPath = 32
	// MaxSortKeys is how many fields a result may be sorted by.
	MaxSortKeys = 16
	// MaxFields is how many paths fields may name.
	MaxFields = 1000
	// MaxFacets is how many fields may have their values counted.
	MaxFacets = 16
	// MaxVariables is how many values one statement may bind: SQLite's own limit.
	MaxVariables = 32_766
)

// The bounds of counts, facets and suggestions, which are cut and say so.
const (
	// TallyTime is what they may take of one search, all together.
	TallyTime = 2 * time.Second
	// FacetValues is how many values of a field are told.
	FacetValues = 20
	// SuggestTime is what all suggestions may take of one search, SuggestRows how many
	// rows are read for those of a field, and SuggestFields of how many fields there
	// are any.
	SuggestTime   = time.Second
	SuggestRows   = 100_000
	SuggestFields = 16
)
