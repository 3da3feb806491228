package tool

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Found returns the tools of this machine with what each says of its version, in
// their order; those that are missing are named, loudly, on log. only, where not
// empty, names the programs that are asked for.
func Found(ctx context.Context, log io.Writer, tools []Tool, only []string) (found []Tool, versions []string) {
	for _, t := range tools {
		if len(only) > 0 && !slices.Contains(only, t.Program) {
			continue
		}
		if _, err := exec.LookPath(t.Program); err != nil {
			fmt.Fprintf(log, "!!! %s is LEFT OUT: %v\n", t.Name, err)
			continue
		}
		found = append(found, t)
		versions = append(versions, t.version(ctx))
	}
	return found, versions
}

// version is the tool's name with what is known of its version: the module it was
// built from, else the first line of what it says of itself that has a digit in it,
// else its Debian package's.
func (t Tool) version(ctx context.Context) string {
	if path, err := exec.LookPath(t.Program); err == nil {
		if info, err := buildinfo.ReadFile(path); err == nil && strings.HasPrefix(info.Main.Version, "v") {
			return t.Name + " " + info.Main.Version
		}
	}
	argv := append([]string{t.Program}, t.Version...)
	if len(t.Version) == 0 {
		argv = []string{"dpkg-query", "-W", t.Program}
	}
	// Some end with an error after their version: what they printed counts.
	out, _ := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput()
	if v := versionNumber.Find(out); v != nil {
		return t.Name + " " + string(v)
	}
	return t.Name
}

var versionNumber = regexp.MustCompile(`v?\d+\.\d+[\w.+-]*`)

// StressVariants are the ways to run the program that it knows itself: engines and
// pacings that its own check refuses are named on log and left out.
func StressVariants(ctx context.Context, log io.Writer, program string, engines, pacings []string, body string) ([]Tool, error) {
	dir, err := os.MkdirTemp("", "stress-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var tools []Tool
	for _, engine := range engines {
		for _, pacing := range pacings {
			v := Variant{Program: program, Engine: engine, Pacing: pacing, Body: body}
			ok, words, err := v.known(ctx, filepath.Join(dir, "scenario.yaml"))
			if err != nil {
				return nil, err
			}
			if !ok {
				fmt.Fprintf(log, "!!! %s is LEFT OUT: %s\n", Stress(v).Name, words)
				continue
			}
			tools = append(tools, Stress(v))
		}
	}
	return tools, nil
}

// usageCode is the exit code of stress for a scenario that it does not understand. A
// check that fails for any other reason, such as a server that is not there, has
// read the scenario.
const usageCode = 2

func (v Variant) known(ctx context.Context, file string) (ok bool, words string, err error) {
	if err := os.WriteFile(file, []byte(v.Scenario("http://127.0.0.1:1")), 0o600); err != nil {
		return false, "", err
	}
	cmd := exec.CommandContext(ctx, v.Program, "check", file)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		return false, "", fmt.Errorf("asking %s for its engines: %w", v.Program, err)
	}
	words, _, _ = strings.Cut(strings.TrimPrefix(string(out), file+":"), "\n")
	return cmd.ProcessState.ExitCode() != usageCode, words, nil
}
