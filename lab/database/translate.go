package database

import (
	"slices"
	"strconv"
	"strings"
)

// statement is one statement of a client, in tokens, without blanks at its ends and
// without a final semicolon.
type statement []token

// parse cuts a client's text into its one statement. Comments alone are an empty one.
func parse(query string) (statement, error) {
	tokens, err := lex(query)
	if err != nil {
		return nil, err
	}
	s := statement(tokens).trimmed()
	for len(s) > 0 && s[len(s)-1].is(";") {
		s = s[:len(s)-1].trimmed()
	}
	for i, t := range s {
		if t.is(";") {
			return nil, syntaxError(s[i+1:].String())
		}
	}
	return s, nil
}

func (s statement) trimmed() statement {
	for len(s) > 0 && s[0].kind == space {
		s = s[1:]
	}
	for len(s) > 0 && s[len(s)-1].kind == space {
		s = s[:len(s)-1]
	}
	return s
}

// String is the statement in MySQL's dialect, near enough for an error message.
func (s statement) String() string {
	var b strings.Builder
	b.Grow(8 * len(s))
	for _, t := range s {
		switch t.kind {
		case text:
			b.WriteString(literal(t.text))
		case quoted:
			b.WriteString(identifier(t.text))
		case hex:
			b.WriteString("x'" + t.text + "'")
		default:
			b.WriteString(t.text)
		}
	}
	return b.String()
}

// parameters counts the placeholders.
func (s statement) parameters() int {
	n := 0
	for _, t := range s {
		if t.kind == parameter {
			n++
		}
	}
	return n
}

// maxPlaceholders is the least that SQLite takes in one statement by default.
const maxPlaceholders = 999

// insertsValues reports that a statement writes rows of values, and reads none.
func (s statement) insertsValues() bool {
	return s.at(0).is("INSERT", "REPLACE") && !slices.ContainsFunc(s, func(t token) bool { return t.is("SELECT") })
}

// withoutValues puts a placeholder in the place of each string and number, and each
// value among the arguments. It is false for more of them than a statement may have.
func (s statement) withoutValues(args []any) (shape statement, values []any, ok bool) {
	shape, values = slices.Clone(s), make([]any, 0, len(args)+8)
	for i, t := range s {
		if t.kind == parameter && len(args) > 0 {
			values, args = append(values, args[0]), args[1:]
		} else if value, ok := t.value(); ok {
			values, shape[i] = append(values, value), token{parameter, "?"}
		}
	}
	return shape, values, len(values) <= maxPlaceholders
}

// value is what a string or a whole number stands for.
func (t token) value() (any, bool) {
	switch t.kind {
	case text:
		return t.text, true
	case number:
		n, err := strconv.ParseInt(t.text, 10, 64)
		return n, err == nil
	}
	return nil, false
}

// at returns the i-th token that is no space, counted from 0, or the zero token.
func (s statement) at(i int) token {
	for _, t := range s {
		if t.kind == space {
			continue
		}
		if i == 0 {
			return t
		}
		i--
	}
	return token{}
}

// after returns what follows the first n tokens that are no spaces.
func (s statement) after(n int) statement {
	for i, t := range s {
		if n == 0 {
			return s[i:].trimmed()
		}
		if t.kind != space {
			n--
		}
	}
	return nil
}

// renamed are the functions of MySQL that SQLite has under another name.
var renamed = map[string]string{
	"IF": "iif", "LCASE": "lower", "UCASE": "upper", "CHAR_LENGTH": "length", "CHARACTER_LENGTH": "length",
	"LENGTH": "octet_length", "MID": "substr",
}

// types are the targets of MySQL's CAST under the names that give SQLite's column the
// same values.
var types = map[string]string{"BINARY": "BLOB", "CHAR": "TEXT", "NCHAR": "TEXT", "SIGNED": "INTEGER", "UNSIGNED": "INTEGER", "DOUBLE": "REAL"}

// replaced are the operators that SQLite spells otherwise.
var replaced = map[string]string{"&&": " AND ", "||": " OR ", "<=>": " IS ", "!": " NOT ", ":=": "="}

// translator writes a statement in SQLite's dialect.
type translator struct {
	session *session
	in      statement
	i       int
	out     strings.Builder
	qualify bool
	last    token // the last one that is no space
}

// translate returns the statement in SQLite's dialect, with every table qualified by
// the session's database. The error is MySQL's.
func (c *session) translate(s statement) (string, error) {
	t := translator{session: c, in: s, qualify: !s.at(0).is("WITH")}
	for t.i < len(t.in) {
		if err := t.token(); err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

// peek returns the n-th coming token that is no space, the current one being 0.
func (t *translator) peek(n int) token { return t.in[t.i:].at(n) }

// skip passes the current token and the spaces behind it.
func (t *translator) skip() {
	t.i++
	for t.i < len(t.in) && t.in[t.i].kind == space {
		t.i++
	}
}

// token writes the current token, or what stands for it, and passes it.
func (t *translator) token() error {
	now := t.in[t.i]
	if now.kind == space {
		t.out.WriteString(" ")
		t.i++
		return nil
	}
	defer func() { t.last = now }()
	switch now.kind {
	case text:
		t.out.WriteString(literal(now.text))
	case hex:
		t.out.WriteString("CAST(x'" + now.text + "' AS TEXT)")
	case variable:
		return t.variable(now.text)
	case quoted, word:
		return t.name(now)
	case symbol:
		if to, ok := replaced[now.text]; ok {
			t.out.WriteString(to)
		} else {
			t.out.WriteString(now.text)
		}
	default:
		t.out.WriteString(now.text)
	}
	t.i++
	t.pattern()
	return nil
}

// pattern gives LIKE the backslash as its escape, which MySQL has without being told.
func (t *translator) pattern() {
	if t.last.is("LIKE") && !t.peek(0).is("ESCAPE") {
		t.out.WriteString(` ESCAPE '\'`)
	}
}

func (t *translator) variable(name string) error {
	t.i++
	value, ok := "NULL", true
	if strings.HasPrefix(name, "@@") {
		var v string
		v, ok = t.session.variable(name)
		value = literal(v)
		if _, err := strconv.ParseInt(v, 10, 64); err == nil {
			value = v
		}
	}
	if !ok {
		return unknownVariable(name)
	}
	t.out.WriteString(value)
	return nil
}

// namesTable reports that a name is a table's and stands without its database.
func (t *translator) namesTable(now, following token) bool {
	switch {
	case !t.qualify || following.is("."):
		return false
	case t.last.is("FROM", "JOIN"):
		return !following.is("(")
	}
	return t.last.is("INTO", "UPDATE")
}

// name writes a keyword, a function or a name.
func (t *translator) name(now token) error {
	following := t.peek(1)
	switch upper := strings.ToUpper(now.text); {
	case t.namesTable(now, following):
		if t.session.database == "" {
			return noDatabase()
		}
		t.out.WriteString(identifier(t.session.database) + ".")
	case now.kind == quoted || t.last.is("."):
	case upper == "BINARY" && !t.last.is("AS", "COLLATE"):
		return t.binaryOperand()
	case t.last.is("AS") && types[upper] != "":
		t.out.WriteString(types[upper])
		t.skip()
		if t.i < len(t.in) && t.in[t.i].is("INTEGER", "INT") {
			t.skip()
		}
		return nil
	case t.last.is("COLLATE"):
		t.out.WriteString(collation(now.text))
		t.i++
		return nil
	case (upper[0] == '_' || upper == "N") && (following.kind == text || following.kind == parameter):
		t.skip() // a character set before a string
		return nil
	case upper == "IGNORE" && t.last.is("INSERT"):
		t.out.WriteString("OR ")
	case following.is("("):
		if done := t.function(upper); done {
			return nil
		}
	case upper == "CURRENT_USER":
		t.out.WriteString(literal(t.session.account()))
		t.i++
		return nil
	}
	if now.kind == quoted {
		t.out.WriteString(identifier(now.text))
	} else if to, ok := renamed[strings.ToUpper(now.text)]; ok && following.is("(") {
		t.out.WriteString(to)
	} else {
		t.out.WriteString(now.text)
	}
	t.i++
	return nil
}

// function writes the value of a function without arguments that only the session
// knows, and reports that it did.
func (t *translator) function(name string) bool {
	if !t.peek(2).is(")") {
		return false
	}
	var value string
	switch name {
	case "VERSION":
		value = literal(Version)
	case "DATABASE", "SCHEMA":
		if value = "NULL"; t.session.database != "" {
			value = literal(t.session.database)
		}
	case "USER", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER":
		value = literal(t.session.account())
	case "CONNECTION_ID":
		value = strconv.FormatUint(uint64(t.session.id), 10)
	case "NOW", "CURRENT_TIMESTAMP", "SYSDATE":
		value = "datetime('now', 'localtime')"
	default:
		return false
	}
	t.out.WriteString(value)
	t.skip()
	t.skip()
	t.i++
	return true
}

// collation is SQLite's for one of MySQL's: by bytes, or without regard to case.
func collation(name string) string {
	if strings.EqualFold(name, "binary") || strings.HasSuffix(strings.ToLower(name), "_bin") {
		return "BINARY"
	}
	return "NOCASE"
}

// binaryOperand writes `BINARY operand`, which compares by bytes, as SQLite has it:
// `operand COLLATE BINARY`. The operand is a name, a value, a call or a parenthesis.
func (t *translator) binaryOperand() error {
	t.skip()
	t.last = token{}
	for t.i < len(t.in) {
		opens := t.in[t.i].is("(")
		if err := t.token(); err != nil {
			return err
		}
		if opens {
			if err := t.parenthesis(); err != nil {
				return err
			}
		}
		if t.i >= len(t.in) || !t.in[t.i].is(".", "(") && !t.last.is(".") {
			break
		}
	}
	t.out.WriteString(" COLLATE BINARY")
	return nil
}

// parenthesis writes what follows an opening one, up to and including its end.
func (t *translator) parenthesis() error {
	for depth := 1; depth > 0 && t.i < len(t.in); {
		switch {
		case t.in[t.i].is("("):
			depth++
		case t.in[t.i].is(")"):
			depth--
		}
		if err := t.token(); err != nil {
			return err
		}
	}
	return nil
}
