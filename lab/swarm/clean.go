package swarm

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Clean ends every Swarm of this machine, and removes what those left whose program was
// killed. It says to log what it does, a line each.
func Clean(log io.Writer) error {
	locks, _ := filepath.Glob(filepath.Join(base, "*.lock")) // fails only for a malformed pattern
	var errs []error
	for _, file := range locks {
		number, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(file), ".lock"))
		if err != nil {
			continue // not ours
		}
		errs = append(errs, cleanPlace(number, file, log))
	}
	return errors.Join(errs...)
}

// cleanPlace asks whoever has the place to end, and cleans what is left of it.
func cleanPlace(number int, file string, log io.Writer) error {
	p, err := lock(number)
	if errors.Is(err, errTaken) {
		if err := askToEnd(file, log); err != nil {
			return err
		}
		err = eventually(func() error {
			p, err = lock(number)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("swarm %d: %w", number, err)
	}
	if _, err := os.Stat(p.dir()); !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(log, "swarm: removing what a killed one left in %s\n", p.dir())
	}
	return p.release()
}

// askToEnd asks the process that has the lock to end in order.
func askToEnd(file string, log io.Writer) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil || pid <= 1 {
		return fmt.Errorf("%s holds %q, not the number of a process", file, text)
	}
	fmt.Fprintf(log, "swarm: asking process %d to end its own\n", pid)
	return syscall.Kill(pid, syscall.SIGTERM)
}
