//go:build race

package analyze

// The race detector makes arithmetic many times slower, and finds nothing in it.
const raced = true
