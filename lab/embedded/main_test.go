package embedded

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// What this test binary does instead of testing, as its first argument.
const (
	childCommand  = "lab-child"
	parentCommand = "lab-parent"
)

func TestMain(m *testing.M) {
	command := ""
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	switch command {
	case childCommand:
		exitOn(ChildMain(context.Background(), os.Stdin, os.Stdout, os.Stderr))
	case parentCommand:
		exitOn(parentMain())
	}
	os.Exit(m.Run())
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// parentMain starts a lab, tells its addresses and waits to be killed.
func parentMain() error {
	l, err := Start(context.Background(), Options{Exec: childExec(), Replicas: 1})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode([]string{address(l.Cluster), l.MySQL, address(l.Single), address(l.Replicas[0])}); err != nil {
		return err
	}
	select {}
}

// address is host:port of a URL.
func address(url string) string { return strings.TrimPrefix(url, "http://") }

func childExec() []string {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return []string{self, childCommand}
}

// startLab is a lab for one test. Children's complaints go to the test's log.
func startLab(t *testing.T, options Options) *Lab {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	options.Exec = childExec()
	options.Log = t.Output()
	l, err := Start(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

type answer struct {
	status int
	header http.Header
	body   string
}

func ask(t *testing.T, method, url string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}
