package catalog

// pathID is an integer that a path needs.
func pathID(name, doc string) Param {
	return Param{Name: name, Types: []Kind{Integer}, Required: true, In: InPath, Bounds: Bounds{Min: 1}, Plain: true, Doc: doc}
}

// startParam is the page token of the paged lists.
func startParam() Param {
	return Param{Name: "start", Types: []Kind{String}, In: InQuery,
		Limits: "good only within the walk that handed it out", Act: Starts, Example: `"MzA="`,
		Doc: "the next token of the page before"}
}

// sortParam is the sort order of the two lists that have one.
func sortParam() Param {
	return Param{Name: "sort", Types: []Kind{String}, Enum: []string{"asc", "desc"}, In: InQuery, Act: Sorts,
		Doc: "order of the list; asc puts new records on the last page, so earlier pages stay still"}
}

// unstatedLimit is the page size of the lists whose bounds no source gives.
func unstatedLimit() Param {
	return Param{Name: "limit", Types: []Kind{Integer}, In: InQuery,
		Limits: "neither default nor maximum is documented", Bounds: Bounds{Min: 1}, Act: Sizes, Example: "50", Doc: "records on a page"}
}

// searchAction is the search that the hosted store offers for three entities. The
// mirror answers it from its own tables.
func searchAction() Action {
	return Action{
		Name: "context_store_search", Effect: Reads,
		Doc: "Search the stored records, without a call to the API.",
		Params: []Param{
			{Name: "query", Types: []Kind{Object}, Required: true, In: InStore,
				Limits: "operators: eq, neq, gt, gte, lt, lte, in, like, fuzzy, keyword, not, and, or",
				Doc:    "what to look for and how to order it"},
			{Name: "query.filter", Types: []Kind{Object}, In: InStore, Doc: "the condition; without it every record matches"},
			{Name: "query.sort", Types: []Kind{Array}, In: InStore, Doc: "sort keys, the first one decides first; absent values come last"},
			{Name: "limit", Types: []Kind{Integer}, In: InStore, Limits: "1 to 10000, default 1000", Doc: "most rows to return"},
			{Name: "cursor", Types: []Kind{String}, In: InStore, Doc: "meta.cursor of the answer before, to go on where it ended"},
			{Name: "fields", Types: []Kind{Array}, In: InStore, Doc: "paths of the fields to return; all of them when empty"},
		},
	}
}
