// Package archtest holds the rules of the house as tests: who may import whom and
// why, what may not be called below cmd, and that every package says what it is.
package archtest
