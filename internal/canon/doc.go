// Package canon brings JSON into one form, so that two values are equal exactly
// when their texts are. The mirror hashes, stores and compares records in it.
//
// In canonical text:
//   - there is no white space;
//   - the members of an object stand in the order of the UTF-8 bytes of their
//     names, each name once: of a name given twice the last value counts;
//   - a string escapes only what it must: the quote, the backslash and the control
//     characters, \b \f \n \r \t by letter and the others as \u00xx in lower case.
//     Half of a surrogate pair, which UTF-8 cannot hold, stays an escape. A byte
//     that is not UTF-8 becomes U+FFFD;
//   - a number is what Number makes of it.
//
// Numbers never pass through a float64. The package knows nothing of Customer.io.
package canon
