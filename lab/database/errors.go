package database

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"

	"github.com/stress-tool/stress/internal/lazy"
)

// The numbers of MySQL's errors that name a constraint of a column.
const (
	wrongInteger = mysql.ER_TRUNCATED_WRONG_VALUE_FOR_FIELD
	outOfRange   = mysql.ER_WARN_DATA_OUT_OF_RANGE
	tooLong      = mysql.ER_DATA_TOO_LONG
)

// errTooLong is the cause when a statement took longer than max_execution_time.
var errTooLong = errors.New("maximum statement execution time exceeded")

// queryTimeout is ER_QUERY_TIMEOUT, which go-mysql does not name.
const queryTimeout = 3024

func syntaxError(near string) error {
	const most = 80
	if len(near) > most {
		near = near[:most]
	}
	return mysql.NewError(mysql.ER_PARSE_ERROR,
		"You have an error in your SQL syntax; the lab's database knows a part of MySQL's; the error is near '"+near+"' at line 1")
}

func noDatabase() error { return mysql.NewDefaultError(mysql.ER_NO_DB_ERROR) }

func unknownDatabase(name string) error { return mysql.NewDefaultError(mysql.ER_BAD_DB_ERROR, name) }

func unknownVariable(name string) error {
	return mysql.NewDefaultError(mysql.ER_UNKNOWN_SYSTEM_VARIABLE, strings.TrimLeft(name, "@"))
}

func denied(verb, account string) error {
	return mysql.NewError(mysql.ER_TABLEACCESS_DENIED_ERROR,
		verb+" command denied to user "+account+": the lab's tables are fixed")
}

// noTable is MySQL's error for a table that is not there, in a database that may not be
// there either.
func (s *store) noTable(database, table string) error {
	if database != s.name && database != informationSchema {
		return unknownDatabase(database)
	}
	return mysql.NewDefaultError(mysql.ER_NO_SUCH_TABLE, database, table)
}

// wordings hold the form of SQLite's error texts and MySQL's error for each.
var errorForms = []struct {
	form  func() *regexp.Regexp
	error func(s *store, match []string) error
}{
	{lazy.Regexp(`no such table: (?:([^.]*)\.)?(.*)`), func(s *store, m []string) error { return s.noTable(m[1], m[2]) }},
	{lazy.Regexp(`unknown database (.*)`), func(_ *store, m []string) error { return unknownDatabase(m[1]) }},
	{lazy.Regexp(`(?:no such column: |has no column named )(.*)`), func(_ *store, m []string) error {
		return mysql.NewDefaultError(mysql.ER_BAD_FIELD_ERROR, m[1], "field list")
	}},
	{lazy.Regexp(`ambiguous column name: (.*)`), func(_ *store, m []string) error {
		return mysql.NewDefaultError(mysql.ER_NON_UNIQ_ERROR, m[1], "field list")
	}},
	{lazy.Regexp(`no such function: (.*)`), func(s *store, m []string) error {
		return mysql.NewDefaultError(mysql.ER_SP_DOES_NOT_EXIST, "FUNCTION", s.name+"."+m[1])
	}},
	{lazy.Regexp(`\d+ values for \d+ columns|has \d+ columns but \d+ values were supplied|all VALUES must have the same number of terms`),
		func(*store, []string) error { return mysql.NewDefaultError(mysql.ER_WRONG_VALUE_COUNT_ON_ROW, 1) }},
	{lazy.Regexp(`CHECK constraint failed: (\d+):(.*)`), func(_ *store, m []string) error { return wrongValue(m[1], m[2]) }},
	{lazy.Regexp(`NOT NULL constraint failed: .*\.(.*)`), func(_ *store, m []string) error {
		return mysql.NewDefaultError(mysql.ER_BAD_NULL_ERROR, m[1])
	}},
	{lazy.Regexp(`near "(.*)": syntax error`), func(_ *store, m []string) error { return syntaxError(m[1]) }},
	{lazy.Regexp(`incomplete input|unrecognized token`), func(*store, []string) error { return syntaxError("") }},
}

func wrongValue(code, column string) error {
	n, err := strconv.Atoi(code)
	if err != nil {
		return err
	}
	message := map[int]string{
		wrongInteger: "Incorrect integer value for column '%s' at row 1",
		outOfRange:   "Out of range value for column '%s' at row 1",
		tooLong:      "Data too long for column '%s' at row 1",
	}[n]
	return mysql.NewError(uint16(n), fmt.Sprintf(message, column))
}

// codeSuffix is how the driver ends SQLite's texts: " (1)".
var codeSuffix = lazy.Regexp(` \(\d+\)$`)

// inMySQLWords gives an error MySQL's number and text, by which clients tell them
// apart. An error that is MySQL's already stays as it is.
func (s *store) inMySQLWords(ctx context.Context, err error) error {
	if known, ok := errors.AsType[*mysql.MyError](err); ok {
		return known
	}
	if errors.Is(context.Cause(ctx), errTooLong) {
		return &mysql.MyError{Code: queryTimeout, State: "HY000", Message: "Query execution was interrupted, " + errTooLong.Error()}
	}
	if ctx.Err() != nil {
		return mysql.NewDefaultError(mysql.ER_QUERY_INTERRUPTED)
	}
	text := codeSuffix().ReplaceAllString(err.Error(), "")
	for _, w := range errorForms {
		if m := w.form().FindStringSubmatch(text); m != nil {
			return w.error(s, m)
		}
	}
	return mysql.NewError(mysql.ER_UNKNOWN_ERROR, text)
}
