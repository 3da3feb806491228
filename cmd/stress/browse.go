package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/stress-tool/stress/internal/plain"
)

// startOfBrowser is how long the program that opens a page has to say that it cannot. One
// that goes on is the browser itself.
const startOfBrowser = 2 * time.Second

// openPage shows a page in the reader's browser. Where there is none to show it in, it says
// where the page is: that is no error, for the page is there.
func openPage(w environment, file string) {
	if err := browse(w, file); err != nil {
		fmt.Fprintf(w.stderr, "cannot open a browser (%v): the page is %s\n", err, plain.Line(file))
	}
}

var errNoDisplay = errors.New("there is no display")

// browse starts what the system opens files with. No shell reads the name: it goes as an
// argument, and as an address in which no sign has a meaning for one.
func browse(w environment, file string) error {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	var opener []string
	switch runtime.GOOS {
	case "darwin":
		opener = []string{"open"}
	case "windows":
		opener = []string{"rundll32", "url.dll,FileProtocolHandler"}
	default:
		if !set(w, "DISPLAY") && !set(w, "WAYLAND_DISPLAY") {
			return errNoDisplay
		}
		opener = []string{"xdg-open"}
	}
	cmd := exec.Command(opener[0], append(opener[1:], fileAddress(absolute))...)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	ctx, cancel := context.WithTimeout(context.Background(), startOfBrowser)
	defer cancel()
	select {
	case err = <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

func set(w environment, variable string) bool {
	value, _ := w.lookup(variable)
	return value != ""
}

// fileAddress is the address of a file.
func fileAddress(absolute string) string {
	path := filepath.ToSlash(absolute)
	if !strings.HasPrefix(path, "/") { // C:/…
		path = "/" + path
	}
	return "file://" + plain.URLPath(path)
}
