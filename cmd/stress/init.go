package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/internal/spell"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

func initCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write a scenario to begin with",
		ArgsUsage: "[SCENARIO | NAME | URL...]",
		Description: "It is an example with every part explained, under the NAME or as scenario.yaml; or a copy\n" +
			"of one of the catalogue; or one for addresses. Flags fill in keys. A file that is there\n" +
			"already stays as it is.\n\n" +
			"  stress init shop\n" +
			"  stress init cluster -o my.yaml\n" +
			"  stress init http://127.0.0.1:8080/index.php --clients 20 --expect-body created",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write; - for the standard output"},
		}, scenarioFlags()...),
		Action: func(c *cli.Context) error {
			text, file, variables, err := scenarioText(c, w)
			if err != nil {
				return err
			}
			if c.IsSet("output") {
				file = c.String("output")
			}
			if file == stdoutName {
				_, err := w.stdout.Write(text)
				return err
			}
			if err := createFile(file, text); err != nil {
				return fmt.Errorf("init: %w", err)
			}
			fmt.Fprintf(w.stdout, "%s\n", file)
			tellVariables(w, variables)
			fmt.Fprintf(w.stderr, "try it: stress check %[1]s; put its load on: stress run %[1]s\n", file)
			return nil
		},
	}
}

// scenarioText is the text of a scenario to begin with, the file for it, and the variables
// that stand in it for secrets.
func scenarioText(c *cli.Context, w environment) (text []byte, file string, variables []string, err error) {
	a, err := startingPoint(c, w)
	if err != nil {
		return nil, "", nil, err
	}
	file = a.doc.File
	if len(a.opts.Set) == 0 && !scenarios.IsAddress(c.Args().First()) {
		return a.doc.Source, file, nil, nil
	}
	sc, err := a.scenario(w.lookup)
	if err != nil {
		return nil, "", nil, err
	}
	if scenarios.IsAddress(c.Args().First()) {
		file = runlog.Slug(sc.Name) + ".yaml"
	}
	f, err := a.doc.Read(a.opts)
	if err != nil {
		return nil, "", nil, err
	}
	text, variables = f.YAML()
	return text, file, variables, nil
}

// startingPoint is an entry of the catalogue, a scenario of addresses, or the example under
// a name: a word that is nearly an entry's is not taken for a name.
func startingPoint(c *cli.Context, w environment) (scenarioArgs, error) {
	name := c.Args().First()
	_, known := scenarios.InCatalogue(name)
	var err error
	switch {
	case known || c.NArg() > 1 || scenarios.IsAddress(name):
		a, err := newScenarioArgs(c, w, c.Args().Slice())
		a.doc.File = filepath.Base(a.doc.File)
		return a, err
	case name == "":
		name = "scenario"
	case name == stdoutName:
		return scenarioArgs{}, usage("init: - is no name: -o - writes to the standard output")
	}
	if near := spell.Nearest(name, catalogueNames()); near != "" && !c.IsSet("output") {
		return scenarioArgs{}, usage("init: did you mean %q of the catalogue? For a scenario called %[2]q add -o FILE", near, name)
	}
	a := scenarioArgs{}
	a.opts, err = overridesOf(c)
	dir, base := filepath.Split(name)
	a.doc = scenarios.Starter(strings.TrimSuffix(strings.TrimSuffix(base, ".yaml"), ".yml"))
	a.doc.File = filepath.Join(dir, a.doc.File)
	return a, err
}

func scenariosCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:      "scenarios",
		Usage:     "list the scenarios of the catalogue, or print one",
		ArgsUsage: "[SCENARIO]",
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				_, err := fmt.Fprint(w.stdout, catalogue())
				return err
			}
			name, err := oneArg(c, "scenario")
			if err != nil {
				return err
			}
			e, ok := scenarios.InCatalogue(name)
			if !ok {
				return usage("no scenario %q in the catalogue: it has %s", name, strings.Join(catalogueNames(), ", "))
			}
			_, err = fmt.Fprint(w.stdout, e.Source)
			return err
		},
	}
}

func catalogueNames() []string {
	var names []string
	for _, e := range scenarios.Catalogue() {
		names = append(names, e.Name)
	}
	return names
}
