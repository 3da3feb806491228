// Package testenv gives a test a process, a network or a limit of its own, where the test would
// disturb others in the process that runs them all. It is for tests of any package; nothing in it
// knows of engines. Everything in it needs Linux.
package testenv
