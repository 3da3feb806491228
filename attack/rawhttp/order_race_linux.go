//go:build race

package rawhttp

import "syscall"

// What one goroutine did before it wrote to a socket has happened for the one that
// read it from the other end. Package net's calls say so to the race detector; raw
// ones must be accompanied by calls that do, on files of no consequence.

func beforeSending() { syscall.Write(-1, nil) }

func afterReceiving() { syscall.Read(null, nil) }

// null is opened before there is any load: a test that runs out of files must not run
// out of this one.
var null = func() int {
	fd, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		panic(err)
	}
	return fd
}()
