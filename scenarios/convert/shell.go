package convert

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/stress-tool/stress/internal/lazy"
)

// A reference to a variable of the shell stands between these in a word until the word has become a
// text of the scenario. They are of Unicode's private use area.
const (
	variableStart = "\ue000"
	variableEnd   = "\ue001"
)

var (
	variableMark = lazy.Regexp(variableStart + `([A-Za-z_][A-Za-z0-9_]*)` + variableEnd)
	// plainVariable is a reference to a variable that scenarios have too.
	plainVariable = lazy.Regexp(`^\$(\{[A-Za-z_][A-Za-z0-9_]*\}|[A-Za-z_][A-Za-z0-9_]*)$`)
)

// withVariables is a word of the shell as scenarios have it: its variables are the scenario's.
func withVariables(s string) string {
	return variableMark().ReplaceAllString(literal(s), "$${$1}")
}

// shellWords are the words of each command of a shell script, quotes and escapes resolved. Of a
// pipeline only the first command counts. Nothing is run, and no file is looked for.
func shellWords(src []byte) ([][]string, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(src), "")
	if err != nil {
		return nil, shellFault(err)
	}
	var commands [][]string
	for _, s := range file.Stmts {
		if commands, err = appendCommands(commands, s); err != nil {
			return nil, err
		}
	}
	return commands, nil
}

// shellFault says where a script is none, and repeats nothing of it.
func shellFault(err error) error {
	var parse syntax.ParseError
	var other syntax.LangError
	switch {
	case errors.As(err, &parse):
		return fmt.Errorf("line %d, column %d: %s", parse.Pos.Line(), parse.Pos.Col(), unquoted().ReplaceAllString(parse.Text, "…"))
	case errors.As(err, &other):
		return fmt.Errorf("line %d, column %d: bash does not have %s", other.Pos.Line(), other.Pos.Col(), other.Feature)
	}
	return errors.New("is no script of a shell")
}

// unquoted matches what a message of the parser may repeat of the script: it has names of signs alone.
var unquoted = lazy.Regexp("`[^`]{4,}`" + `|"[^"]{4,}"`)

func appendCommands(commands [][]string, s *syntax.Stmt) ([][]string, error) {
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		words, err := wordsOf(c)
		return append(commands, words), err
	case *syntax.BinaryCmd:
		commands, err := appendCommands(commands, c.X)
		if err != nil || c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
			return commands, err
		}
		return appendCommands(commands, c.Y)
	}
	return nil, fmt.Errorf("line %d: is no plain command", s.Pos().Line())
}

func wordsOf(c *syntax.CallExpr) ([]string, error) {
	config := &expand.Config{Env: expand.FuncEnviron(func(name string) string {
		if name == "IFS" || name == "HOME" {
			return ""
		}
		return variableStart + name + variableEnd
	})}
	var words []string
	for _, w := range c.Args {
		if err := checkParts(w); err != nil {
			return nil, err
		}
		text, err := expand.Literal(config, w)
		if err != nil {
			return nil, fmt.Errorf("line %d, column %d: a word that only a shell can make", w.Pos().Line(), w.Pos().Col())
		}
		words = append(words, text)
	}
	return words, nil
}

// checkParts refuses what only a shell can fill in, but for plain variables.
func checkParts(w *syntax.Word) error {
	var fault error
	syntax.Walk(w, func(n syntax.Node) bool {
		var what string
		switch n := n.(type) {
		case *syntax.ParamExp:
			if !plainReference(n) {
				what = "a variable in a form that scenarios do not have: write ${NAME}"
			}
		case *syntax.CmdSubst, *syntax.ArithmExp, *syntax.ProcSubst, *syntax.ExtGlob:
			what = "a part that only a shell can fill in"
		}
		if what != "" && fault == nil {
			fault = fmt.Errorf("line %d, column %d: %s", n.Pos().Line(), n.Pos().Col(), what)
		}
		return fault == nil
	})
	return fault
}

func plainReference(p *syntax.ParamExp) bool {
	var text strings.Builder
	return syntax.NewPrinter().Print(&text, p) == nil && plainVariable().MatchString(text.String())
}
