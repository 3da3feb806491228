package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// notRun are the blocks of commands that [TestCommandsOfDocumentsRun] leaves out, by their
// document and first line, each with the reason.
var notRun = map[string]string{
	"README.md: make demo": "takes minutes: TestDemo runs the first, and the second runs this test",
	"README.md: go install github.com/stress-tool/stress/cmd/stress@latest": "needs the network; TestImage runs the image",
	"docs/performance.md: make bench":                                       "takes half an hour, and writes into the document",

	"docs/fleet.md: stress fleet key --out lead.nk":                                                             "needs two machines; TestWhoCommandsAFleet has both on one",
	"docs/fleet.md: stress fleet broker --listen 0.0.0.0:4222 --nkey UALEAD… --nkey UAAGENT1… --nkey UAAGENT2…": "needs two machines; TestWhoCommandsAFleet has both on one",
	"docs/fleet.md: stress agent --nats nats://10.0.0.4:4222 --nkey agent1.nk --targets 10.0.0.0/8":             "needs two machines",
	"docs/fleet.md: stress fleet list --nats nats://10.0.0.4:4222 --nkey lead.nk":                               "needs two machines",
	"docs/fleet.md: make image && docker save stress:latest | ssh sw2 docker load":                              "needs a Swarm; TestRealSwarm has one",
	"docs/fleet.md: docker run -d --network host --read-only --tmpfs /tmp --user \"$(id -u)\" --volume \"$PWD/agent1.nk:/agent.nk:ro\" stress agent --nats nats://10.0.0.4:4222 --nkey /agent.nk --max-rate 5000": "needs Docker; TestImage runs the image",

	"lab/deploy/README.md: docker swarm init --advertise-addr 10.0.0.4":        "needs three machines",
	"lab/deploy/README.md: docker swarm join --token SWMTKN-1-… 10.0.0.4:2377": "needs three machines",
	"lab/deploy/README.md: docker compose build":                               "needs a registry",
	"lab/deploy/README.md: docker save stress-web | ssh 10.0.0.5 docker load":  "needs three machines",
	"lab/deploy/README.md: docker service scale stress_web=5":                  "needs a Swarm",
	"lab/deploy/README.md: apt-get install -y nfs-kernel-server":               "changes the machine",
	"lab/deploy/README.md: docker compose down -v":                             "needs Docker",
}

// Blocks of code: fenced ones, with their language and, for a test of its own, the name of a
// file; and those that are indented by four blanks or more.
var (
	fencedBlock   = regexp.MustCompile("(?ms)^```(\\w*)( file=\\S+)?\n(.*?)^```$")
	indentedBlock = regexp.MustCompile(`(?m)(?:^\n|\A)((?: {4,}\S.*\n)+)`)
	// ofCommands is how a block of commands begins.
	ofCommands = regexp.MustCompile(`^(stress|bin/stress|make|go|docker|export|ssh|apt-get|benchstat) `)
)

// commandBlocks are the commands of each block of a document, comments left out. Blocks that
// name a file are run by TestShellRecipe and TestWorkflow.
func commandBlocks(text string) [][]string {
	var blocks [][]string
	add := func(block string) {
		var lines []string
		for line := range strings.Lines(block) {
			if line = strings.TrimSpace(comment.ReplaceAllString(line, "")); line != "" {
				lines = append(lines, line)
			}
		}
		if len(lines) > 0 && ofCommands.MatchString(lines[0]) {
			blocks = append(blocks, lines)
		}
	}
	for _, m := range fencedBlock.FindAllStringSubmatch(text, -1) {
		if m[2] == "" {
			add(m[3])
		}
	}
	for _, m := range indentedBlock.FindAllStringSubmatch(fencedBlock.ReplaceAllString(text, ""), -1) {
		add(m[1])
	}
	return blocks
}

// onTheLab replaces what a document names: addresses by those of the embedded lab, and minutes
// by seconds.
var onTheLab = strings.NewReplacer(
	"bin/stress", "stress", " --duration 1m", "",
	"http://127.0.0.1:8080", `"$STRESS_SINGLE"`, "http://10.0.0.4:8080", `"$STRESS_SINGLE"`,
	"http://10.0.0.4:4500", `"$STRESS_CLUSTER"`, "http://10.0.0.4", `"$STRESS_SINGLE"`,
	"'root:Senha123@tcp(10.0.0.4:3306)/meubanco'", `"$STRESS_DSN"`, "'root:Senha123@tcp(127.0.0.1:3306)/meubanco'", `"$STRESS_DSN"`,
)

// labScript starts the embedded lab. The test does not ask what runs find on this machine, so
// judged accepts every verdict; nor does it ask what other programs do.
const labScript = `set -e
stress lab --env lab.env >lab.log 2>&1 &
lab=$!
trap 'kill "$lab" && wait "$lab" || true' EXIT
until [ -e lab.env ]; do kill -0 "$lab"; sleep 0.1; done
. ./lab.env
judged() { "$@" || case $? in 1|3|4) ;; *) exit 9;; esac; }
make() { :; }
docker() { :; }
ssh() { :; }
command -v benchstat >/dev/null || benchstat() { echo "LEFT OUT: there is no benchstat"; }
`

// Every block of commands that a document shows works on the embedded lab, with a second of
// load in place of a minute. [notRun] says why a block is not tried.
func TestCommandsOfDocumentsRun(t *testing.T) {
	sealed, err := filepath.Abs("../../runlog/testdata/v1/sealed")
	if err != nil {
		t.Fatal(err)
	}
	left, ran := map[string]bool{}, 0
	for _, d := range documents(t) {
		script := ""
		for _, block := range commandBlocks(d.text) {
			if key := d.path + ": " + block[0]; notRun[key] != "" {
				left[key] = true
				continue
			}
			ran++
			for _, line := range block {
				line = onTheLab.Replace(line)
				switch {
				case strings.HasPrefix(line, "stress run "):
					line = "judged " + line + " --duration 1s"
				case strings.HasPrefix(line, "stress gate "):
					line = "judged " + line
				case strings.HasPrefix(line, "stress capacity capacity "):
					line = "judged " + line + " --budget 16s --precision 50% --set capacity.probe=1s --set capacity.longest_probe=2s --set capacity.warm_up=0s --set capacity.cool_down=0s"
				}
				script += line + "\n"
			}
		}
		if script == "" {
			continue
		}
		t.Run(d.path, func(t *testing.T) {
			dir := documented(t) // with the files and the runs that the documents speak of
			for _, run := range []string{"before", "after"} {
				if err := os.CopyFS(filepath.Join(dir, "results", run), os.DirFS(sealed)); err != nil {
					t.Fatal(err)
				}
			}
			if out, code := bash(t, dir, shortly, "-c", labScript+script); code != 0 {
				t.Errorf("exit code %d of\n%s\n%s", code, script, out)
			}
			if _, err := os.Stat(filepath.Join(dir, "shop.yaml")); err != nil && strings.Contains(script, "--save shop.yaml") {
				t.Error("--save kept no scenario: ", err)
			}
		})
	}
	for key := range notRun {
		if !left[key] {
			t.Errorf("no document has the block %q any more", key)
		}
	}
	if ran < 7 {
		t.Errorf("documents have only %d blocks of commands to run: are they still found?", ran)
	}
}
