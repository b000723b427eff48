// Package mcp is the mirror's face for language models: a few tools, resources and
// prompts over the Model Context Protocol.
//
// A model pays for every word, so answers are small, say when they were cut and how to
// go on, and say how old the data is. A model also believes what it reads, and much of
// a workspace was written by strangers: every answer says that its text is data. It
// reads alone unless it is told otherwise; a write is shown first and then confirmed.
//
// What a search means and what a write sends is the connector's affair, the protocol
// is the SDK's.
package mcp
