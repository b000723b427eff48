// Package export writes rows to files: CSV, TSV, JSON lines, Markdown, Parquet and
// SQLite. Columns with types go in, bytes come out, the same bytes for the same rows
// whoever asks. It streams: memory does not grow with the rows. Where rows come from
// it does not know, but for how a search describes its own (Search).
//
// No value is lost in silence. Where a format cannot hold a value in the type of its
// column the whole column becomes text, and Written says so; what else a format
// changes on purpose stands at its constant.
package export
