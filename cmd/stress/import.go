package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/runlog/untrusted"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/scenarios/convert"
)

func importCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:      "import",
		Usage:     "make a scenario of a curl line, a HAR, a loader.io test or vegeta targets",
		ArgsUsage: "FORMAT FILE",
		Description: "The scenario goes to the standard output; what it leaves out, and why, stands in it as a\n" +
			"comment. In place of every secret there is a variable, and the standard error names it.\n" +
			"FILE - is the standard input.\n\n" +
			"  stress import curl line.sh | stress check -\n" +
			"  stress import har shop.har > shop.yaml",
		Subcommands: []*cli.Command{
			importFrom(w, "curl", "curl commands, as a browser copies them for bash", convert.Curl),
			importFrom(w, "har", "a recording of a browser", convert.HAR,
				&cli.BoolFlag{Name: "assets", Usage: "take images, styles, scripts and fonts too"},
				&cli.BoolFlag{Name: "third-parties", Usage: "take requests to other hosts too"}),
			importFrom(w, "loaderio", "a test as loader.io's API has it", convert.Loaderio,
				&cli.StringFlag{Name: "test", Usage: "`NAME` or id of the test, where FILE holds several"}),
			importFrom(w, "vegeta", "targets of vegeta, in its HTTP or its JSON format", convert.Vegeta),
		},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return unknownCommand(c.Command.Subcommands, "import", name)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

func importFrom(w environment, format, about string, read func([]byte, convert.Options) (*convert.Scenario, error), flags ...cli.Flag) *cli.Command {
	return &cli.Command{
		Name:      format,
		Usage:     "make a scenario of " + about,
		ArgsUsage: "FILE",
		Flags:     flags,
		Action: func(c *cli.Context) error {
			file, err := oneArg(c, "file")
			if err != nil {
				return err
			}
			src, err := readImport(w, file)
			if err != nil {
				return usage("import: %w", err)
			}
			s, err := read(src, convert.Options{Name: importName(file), Assets: c.Bool("assets"), ThirdParties: c.Bool("third-parties"), Test: c.String("test")})
			if faults := (scenarios.Faults)(nil); errors.As(err, &faults) {
				return err
			}
			if err != nil {
				return usage("%s: %w", file, err)
			}
			text, variables := s.YAML()
			if _, err := w.stdout.Write(text); err != nil {
				return err
			}
			tellVariables(w, variables)
			return nil
		},
	}
}

// importName is the name of a scenario that is made of a file; "" for the standard input.
func importName(file string) string {
	if file == stdoutName {
		return ""
	}
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// readImport reads a regular file, or the standard input.
func readImport(w environment, file string) ([]byte, error) {
	if file == stdoutName {
		return untrusted.ReadAll(w.stdin)
	}
	f, err := untrusted.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := untrusted.ReadAll(f)
	if err != nil {
		err = fmt.Errorf("%s %w", file, err)
	}
	return src, err
}
