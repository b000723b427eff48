// Package oracle answers searches of the context store from records in memory. It
// is the slow, plain reading of the search contract that the product is compared
// with, so it shares no code with it: not the parser, not the folding of letters,
// not the numbers, not the order. Only tests use it.
package oracle
