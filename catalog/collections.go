package catalog

// collections are the records only: contents are behind another endpoint.
func collections() *Entity {
	return &Entity{
		Name: "collections", Page: true,
		Doc:   "Tables of data that Liquid can query; the record describes the table, the rows are elsewhere.",
		Key:   []string{"id"},
		Shown: []string{"id", "name", "rows", "bytes", "updated_at"},
		List:  List{Path: "/v1/collections", Items: "collections", Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer, String}, Marks: Listed, Doc: "the collection's number; one source has it as text"},
			{Name: "name", Types: []Kind{String}, Marks: Listed | FullText, Doc: "its name in Liquid"},
			{Name: "bytes", Types: []Kind{Integer}, Unit: Bytes, Marks: Listed, Doc: "size of the contents, 10 MB at most"},
			{Name: "rows", Types: []Kind{Integer}, Unit: Count, Marks: Listed, Doc: "how many rows there are, each 10 KB at most"},
			{Name: "schema", Types: []Kind{Array}, Marks: Listed, Doc: "names of the rows' keys"},
			{Name: "created_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | ZeroIsNever, Doc: "when it was made"},
			{Name: "updated_at", Types: []Kind{Integer}, Unit: UnixSeconds, Marks: Listed | ZeroIsNever, Doc: "when it was last changed; whether a refresh from its URL counts is not documented"},
		},
		Actions: []Action{
			{Name: "list", Method: "GET", Path: "/v1/collections", Envelope: "collections", Effect: Reads,
				Doc: "All collections, in one answer."},
			{Name: "create", Method: "POST", Path: "/v1/collections", Envelope: "collection", Effect: Writes,
				Doc: "Make a collection from rows or from a file at a URL.", Shown: "in the list of collections",
				Groups: []Group{{Of: []string{"data", "url"}, Min: 1, Max: 1}},
				Params: []Param{
					{Name: "name", Types: []Kind{String}, Required: true, In: InBody,
						Limits: "Liquid reads it as name.property", Plain: true, Example: `"products"`, Doc: "its name in Liquid"},
					{Name: "data", Types: []Kind{Array}, When: "exactly one of data and url", In: InBody,
						Limits: "an array of objects; 10 MB in all, 10 KB a row", Items: Object, Bounds: Bounds{MaxBytes: 10 << 20, MaxItem: 10 << 10}, Example: `[{"sku":"A1","price":9}]`, Doc: "the rows"},
					{Name: "url", Types: []Kind{String}, When: "exactly one of data and url", In: InBody,
						Limits: "a CSV or JSON file", Form: Link, Example: `"https://example.com/products.csv"`, Doc: "where Customer.io fetches the rows"},
				}},
			{Name: "get", Method: "GET", Path: "/v1/collections/{collection_id}", Envelope: "collection", Effect: Reads,
				Doc:    "One collection, without its rows.",
				Params: []Param{pathID("collection_id", "the collection's id")}},
			{Name: "update", Method: "PUT", Path: "/v1/collections/{collection_id}", Envelope: "collection", Effect: Writes,
				Doc: "Rename a collection or replace all its rows.", Shown: "in the list of collections",
				Groups: []Group{{Of: []string{"name", "data", "url"}, Min: 1}, {Of: []string{"data", "url"}, Max: 1}},
				Params: []Param{
					pathID("collection_id", "the collection's id"),
					{Name: "name", Types: []Kind{String}, In: InBody,
						Limits: "Liquid that uses the old name breaks", Plain: true, Example: `"products"`, Doc: "the new name"},
					{Name: "data", Types: []Kind{Array}, In: InBody,
						Limits: "an array of objects; not together with url", Items: Object, Bounds: Bounds{MaxBytes: 10 << 20, MaxItem: 10 << 10}, Example: `[{"sku":"A1","price":9}]`, Doc: "rows that replace all there are"},
					{Name: "url", Types: []Kind{String}, In: InBody,
						Limits: "not together with data", Form: Link, Example: `"https://example.com/products.csv"`, Doc: "the new place to fetch the rows from"},
				}},
		},
	}
}
