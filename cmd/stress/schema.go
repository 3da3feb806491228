package main

import (
	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/scenarios"
)

func schemaCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:  "schema",
		Usage: "print the JSON Schema of scenarios, for editors",
		Description: "Save it beside your scenarios and begin each of them with\n" +
			"# yaml-language-server: $schema=schema.json",
		Action: func(*cli.Context) error {
			_, err := w.stdout.Write(scenarios.Schema())
			return err
		},
	}
}
