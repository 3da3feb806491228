//go:build !linux

package attacktest

import "testing"

// limitCases need Linux's namespaces and limits.
var limitCases map[string]func(*testing.T, suite)
