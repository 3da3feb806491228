//go:build race

package rawhttp

import "syscall"

// A write to a socket happens before the read of its bytes at the other end. Package net tells
// that to the race detector, raw system calls do not. So each raw call is accompanied by a call
// of package syscall that does, on a file that does not matter.

func beforeSending() { syscall.Write(-1, nil) }

func afterReceiving() { syscall.Read(devNull, nil) }

// devNull is opened before any load, so that a test that runs out of files has it.
var devNull = func() int {
	fd, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		panic(err)
	}
	return fd
}()
