package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/scenarios"
)

// override is a flag that replaces a key.
type override struct{ flag, key, usage string }

// overrides are the flags that replace a key of the scenario, or fill in one of an
// address that was typed.
var overrides = append([]override{
	{"type", "load.type", "`TYPE` of load: clients-per-test, clients-per-second, maintain-client-load, rate"},
	{"clients", "load.clients", "`NUMBER` of clients"},
	{"rate", "load.rate", "passes per second, `NUMBER`, in place of clients"},
	{"duration", "load.duration", "`TIME` for which load is started, such as 30s"},
	{"method", "request.method", "HTTP `METHOD` of the request"},
	{"body", "request.body", "`TEXT` of the request's body"},
	{"expect-status", "request.expect.status", "what counts as success: `STATUS` such as 200, 2xx or 200,404"},
	{"expect-body", "request.expect.body", "what counts as success: `TEXT` that the answer's body holds"},
	{"dsn", "ledger.dsn", "count the rows of the database `DSN`: user:password@tcp(host:port)/database of MySQL, or postgres://user:password@host/database"},
	{"table", "ledger.table", "`TABLE` that the service writes, dados for an address"},
	{"column", "ledger.column", "`COLUMN` of the table that names the host, Host for an address"},
	{"name", "name", "`NAME` of the scenario in reports"},
	{"rounds", "compare.rounds", "`NUMBER` of rounds, each with one leg of every target"},
	{"most-rounds", "compare.most_rounds", "`NUMBER` of rounds that a gate may go on to while it cannot tell, twice as many if not given"},
	{"budget", "compare.budget", "`TIME` for all rounds, such as 10m: one begins only if it should still end within it"},
	{"warm-up", "compare.warm_up", "`TIME` of load before each leg that no figure counts"},
	{"cool-down", "compare.cool_down", "`TIME` to wait before each leg"},
}, ofAgents...)

// searchOverrides are those of a search for a capacity.
var searchOverrides = append([]override{
	{"arrivals", "capacity.arrivals", "how requests arrive: `poisson|even`"},
	{"precision", "capacity.precision", "`PERCENTAGE` that the two ends of the answer may lie apart, such as 5%"},
	{"first-rate", "capacity.first_rate", "`RATE` to begin with"},
	{"budget", "capacity.budget", "`TIME` for the whole search, such as 20m"},
	{"method", "request.method", "HTTP `METHOD` of the request"},
	{"body", "request.body", "`TEXT` of the request's body"},
	{"expect-status", "request.expect.status", "what counts as success: `STATUS` such as 200, 2xx or 200,404"},
	{"expect-body", "request.expect.body", "what counts as success: `TEXT` that the answer's body holds"},
	{"dsn", "ledger.dsn", "count the rows of the database `DSN`: user:password@tcp(host:port)/database of MySQL, or postgres://user:password@host/database"},
	{"name", "name", "`NAME` of the scenario in reports"},
}, ofAgents...)

// ofAgents are the flags of agents, for every command.
var ofAgents = []override{
	{"agents", "generators.agents", "`NUMBER` of agents among which the load is divided: processes of this machine, or with --nats those of others"},
	{"nats", "generators.nats", "`ADDRESS` of the NATS server over which agents are reached, such as nats://10.0.0.4:4222"},
	{"nkey", "generators.nkey", "`FILE` with the seed of a key of that server"},
	{"tls-ca", "generators.ca", "PEM `FILE` with who may sign that server's certificate"},
}

// namesFiles are keys whose flag names a file: one that is typed is found from here, and one in a scenario from
// the scenario's directory.
var namesFiles = []string{"generators.nkey", "generators.ca"}

// overridesFor are those of a command.
func overridesFor(c *cli.Context) []override {
	if c.Command.Name == capacityName {
		return searchOverrides
	}
	return overrides
}

// scenarioFlags are the flags that say what runs.
func scenarioFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringSliceFlag{Name: "load", Usage: "only this `LOAD` of the scenario's loads; may be repeated"},
	}, overrideFlags(overrides)...)
}

// overrideFlags are flags that each replace a key.
func overrideFlags(overrides []override) []cli.Flag {
	fs := []cli.Flag{
		&cli.StringSliceFlag{Name: "set", Usage: "override any key by its dotted path: `KEY=VALUE`; may be repeated"},
		&cli.StringSliceFlag{Name: "header", Usage: "a header of the request, `NAME:VALUE`; may be repeated"},
	}
	for _, o := range overrides {
		fs = append(fs, &cli.StringFlag{Name: o.flag, Usage: o.usage})
	}
	return fs
}

// scenarioArgs is the scenario that a command line names, with its overrides.
type scenarioArgs struct {
	doc  scenarios.Document
	opts scenarios.Options
}

// newScenarioArgs takes a scenario's file or name, or addresses, and the flags.
func newScenarioArgs(c *cli.Context, w environment, args []string) (scenarioArgs, error) {
	var a scenarioArgs
	var err error
	if a.opts, err = overridesOf(c); err != nil {
		return a, err
	}
	a.opts.Lookup = w.lookup
	if len(args) > 0 && !slices.ContainsFunc(args, func(s string) bool { return !scenarios.IsAddress(s) }) {
		if a.doc, err = scenarios.Typed(args, a.opts.Set); err != nil {
			return a, usage("%w", err)
		}
		a.tellExposed(w)
		return a, nil
	}
	if len(args) != 1 {
		return a, usage("%s takes one scenario, or addresses, got %d arguments: see `stress %[1]s --help`", c.Command.FullName(), len(args))
	}
	if a.doc, err = scenarios.Find(args[0], w.stdin); err == nil {
		a.tellExposed(w)
	}
	return a, err
}

// tellExposed says which secrets others can read while this program runs.
func (a scenarioArgs) tellExposed(w environment) {
	if typed := a.doc.Exposed(a.opts); len(typed) > 0 {
		fmt.Fprintf(w.stderr, "warning: every user of this machine can read the secret in %s while this runs: export a variable, and write '${NAME}' in its place, in single quotes\n",
			strings.Join(typed, ", "))
	}
}

// overridesOf are the flags as assignments to keys. The key's own flag comes last and
// wins.
func overridesOf(c *cli.Context) (scenarios.Options, error) {
	o := scenarios.Options{Set: slices.Clone(c.StringSlice("set")), Loads: c.StringSlice("load"), Flags: map[string]string{}}
	set := func(key, value, flag string) {
		o.Set, o.Flags[key] = append(o.Set, key+"="+value), flag
	}
	if slo := c.StringSlice("slo"); len(slo) > 0 {
		set("capacity.slo", yamlList(slo), "--slo")
	}
	named := map[string]bool{}
	for _, h := range c.StringSlice("header") {
		name, value, ok := strings.Cut(h, ":")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return o, usage("--header: write NAME:VALUE, such as --header 'Accept: text/html'")
		}
		canonical := http.CanonicalHeaderKey(name)
		if named[canonical] {
			return o, usage("--header: %s is given twice, and a request has it once: write its values in one, with a comma between them", canonical)
		}
		named[canonical] = true
		set("request.headers."+name, strings.TrimSpace(value), "--header "+name)
	}
	for _, f := range overridesFor(c) {
		if !c.IsSet(f.flag) {
			if !slices.ContainsFunc(o.Set, func(s string) bool { return touches(s, f.key) }) {
				o.Flags[f.key] = "--" + f.flag // the fault may be that it is missing
			}
			continue
		}
		value := c.String(f.flag)
		if f.flag == "expect-status" && strings.Contains(value, ",") && !strings.HasPrefix(value, "[") {
			value = "[" + value + "]"
		}
		if slices.Contains(namesFiles, f.key) && value != "" {
			at, err := filepath.Abs(value)
			if err != nil {
				return o, usage("--%s: %w", f.flag, err)
			}
			value = at
		}
		set(f.key, value, "--"+f.flag)
	}
	return o, nil
}

// yamlList writes texts as a list of YAML.
func yamlList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = "'" + strings.ReplaceAll(t, "'", "''") + "'"
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// touches reports that an assignment is to a key, to one that holds it, or to one in it.
func touches(assignment, key string) bool {
	name, _, _ := strings.Cut(assignment, "=")
	return strings.HasPrefix(name+".", key+".") || strings.HasPrefix(key+".", name+".")
}

// scenario is the checked scenario.
func (a scenarioArgs) scenario(lookup scenarios.Lookup) (*scenarios.Scenario, error) {
	o := a.opts
	o.Lookup = lookup
	return a.doc.Parse(o)
}

// bundle is the checked scenario, with what other machines need to read it.
func (a scenarioArgs) bundle(lookup scenarios.Lookup) (*scenarios.Scenario, scenarios.Bundle, error) {
	o := a.opts
	o.Lookup = lookup
	return a.doc.Bundle(o)
}

// save keeps a scenario that was checked; "" keeps none. A file that is there stays as
// it is.
func (a scenarioArgs) save(w environment, file string) error {
	switch file {
	case "":
		return nil
	case stdoutName:
		return usage("--save keeps a file: `stress init` with -o - prints a scenario")
	}
	f, err := a.doc.Read(a.opts)
	if err != nil {
		return err
	}
	text, variables := f.YAML()
	if err := createFile(file, text); err != nil {
		return fmt.Errorf("--save: %w", err)
	}
	fmt.Fprintf(w.stderr, "scenario kept in %s\n", file)
	tellVariables(w, variables)
	return nil
}

// tellVariables says what a file that was kept cannot be read without.
func tellVariables(w environment, names []string) {
	for _, name := range names {
		fmt.Fprintf(w.stderr, "it takes a secret from the variable %s: set it before you use the file\n", name)
	}
}

// loadScenario reads the scenario of a command line.
func loadScenario(c *cli.Context, w environment, args ...string) (*scenarios.Scenario, error) {
	a, err := newScenarioArgs(c, w, args)
	if err != nil {
		return nil, err
	}
	return a.scenario(w.lookup)
}
