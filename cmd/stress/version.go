package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/runlog"
)

// version is set by the linker for releases: -X main.version=1.2.3.
var version string

// tool names this build: the version of a release, else the commit it was built
// from, else "unknown".
func tool() runlog.Tool {
	t := runlog.Tool{Version: version, Go: runtime.Version()}
	if t.Version != "" {
		return t
	}
	t.Version = "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "" && v != "(devel)" {
			t.Version = v
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && t.Version == "unknown" {
				t.Version = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return t
}

func versionCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:   "version",
		Usage:  "say which version this is",
		Action: func(*cli.Context) error { return printVersion(w) },
	}
}

func printVersion(w environment) error {
	t := tool()
	_, err := fmt.Fprintf(w.stdout, "stress %s (%s %s/%s)\n", t.Version, t.Go, runtime.GOOS, runtime.GOARCH)
	return err
}
