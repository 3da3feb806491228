// Package crash sets the exit code of a program that the Go runtime ends: by a panic that
// nobody recovers, in whatever goroutine, without memory, or by a fault of its own.
//
// The runtime ends such a program with exit code 2, and runs no Go code any more. At the
// traceback level "crash" it ends it by SIGABRT instead, after the same words; and a
// handler of that signal that needs no Go can exit. Other roads: recover sees the panics
// of its own goroutine and no fatal error; a parent that waits for the real program would
// start everything twice, and a STOP or KILL for the program would meet the parent.
//
// Not covered: a crash before [ExitWith], as when `ulimit -v` leaves no memory to start
// with, which stays exit code 2; and SIGKILL, by which a kernel without memory ends a
// process. On other systems than Linux on amd64 and arm64 the program dies of SIGABRT,
// which is 134 to a shell.
package crash

import "runtime/debug"

// ExitWith makes code the exit code of a crash from now on.
func ExitWith(code int) {
	debug.SetTraceback("crash")
	handleAbort(code)
}
