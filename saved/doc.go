// Package saved knows the files in which people keep questions: NAME.sql with a
// header of comments, or NAME.json with a search. It reads and checks them and binds
// their parameters, each of which the question has; it asks nobody anything and knows
// neither SQL's nor the search's grammar.
//
// A statement's header is its first comment lines:
//
//	-- title: Campaigns that fell asleep
//	-- description: Running campaigns that sent nothing for some days.
//	-- param days integer = 30: for how long
//
// A search is an object of title, description, params, entity, query, limit and
// fields. A text in its query that is a colon and a parameter's name stands for the
// parameter's value:
//
//	{"entity": "campaigns", "query": {"filter": {"eq": {"state": ":state"}}},
//	 "params": {"state": {"type": "text", "default": "running", "doc": "which"}}}
package saved
