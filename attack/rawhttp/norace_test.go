//go:build !race

package rawhttp_test

const raced = false
