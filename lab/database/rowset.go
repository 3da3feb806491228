package database

import (
	"fmt"
	"strconv"

	"github.com/go-mysql-org/go-mysql/mysql"
)

// rowset is an answer: values are int64, float64, string, []byte or nil.
type rowset struct {
	names []string
	rows  [][]any
}

// Character sets by MySQL's number: utf8mb4_0900_ai_ci, and bytes.
const (
	utf8mb4 = 255
	binary  = 63
)

// encode writes the rows as the protocol has them: as text, or binary for a prepared
// statement.
func (r *rowset) encode(asBinary bool) (*mysql.Result, error) {
	set := mysql.NewResultset(len(r.names))
	for i, name := range r.names {
		set.Fields[i] = r.field(i, name)
	}
	for _, row := range r.rows {
		encode := encodeText
		if asBinary {
			encode = encodeBinary
		}
		data, err := encode(row, set.Fields)
		if err != nil {
			return nil, err
		}
		set.RowDatas = append(set.RowDatas, data)
	}
	result := mysql.NewResult(set)
	result.Status = mysql.SERVER_STATUS_AUTOCOMMIT
	return result, nil
}

// field describes a column by the values in it. SQLite gives no type to an expression,
// and a column whose rows differ is one of texts.
func (r *rowset) field(column int, name string) *mysql.Field {
	f := &mysql.Field{Name: []byte(name), Type: mysql.MYSQL_TYPE_NULL, Charset: binary, Flag: mysql.BINARY_FLAG}
	for _, row := range r.rows {
		kind := kindOf(row[column])
		switch {
		case kind == mysql.MYSQL_TYPE_NULL || kind == f.Type:
		case f.Type == mysql.MYSQL_TYPE_NULL:
			f.Type = kind
		default:
			f.Type = mysql.MYSQL_TYPE_VAR_STRING
		}
		if _, isText := row[column].(string); isText {
			f.Charset, f.Flag = utf8mb4, 0
		}
	}
	if f.Type == mysql.MYSQL_TYPE_NULL {
		f.Type, f.Charset, f.Flag = mysql.MYSQL_TYPE_VAR_STRING, utf8mb4, 0
	}
	f.ColumnLength = 255
	return f
}

func kindOf(value any) uint8 {
	switch value.(type) {
	case nil:
		return mysql.MYSQL_TYPE_NULL
	case int64:
		return mysql.MYSQL_TYPE_LONGLONG
	case float64:
		return mysql.MYSQL_TYPE_DOUBLE
	}
	return mysql.MYSQL_TYPE_VAR_STRING
}

func encodeText(row []any, _ []*mysql.Field) (mysql.RowData, error) {
	const null = 0xfb
	var data []byte
	for _, value := range row {
		if value == nil {
			data = append(data, null)
			continue
		}
		data = append(data, mysql.PutLengthEncodedString(asText(value))...)
	}
	return data, nil
}

// encodeBinary: a zero, a bitmap of the NULLs that leaves out its first two bits, the
// values (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html).
func encodeBinary(row []any, fields []*mysql.Field) (mysql.RowData, error) {
	data := make([]byte, 1+(len(row)+7+2)/8)
	for i, value := range row {
		switch {
		case value == nil:
			data[1+(i+2)/8] |= 1 << ((i + 2) % 8)
		case fields[i].Type == mysql.MYSQL_TYPE_VAR_STRING:
			data = append(data, mysql.PutLengthEncodedString(asText(value))...)
		default:
			encoded, err := mysql.FormatBinaryValue(value)
			if err != nil {
				return nil, err
			}
			data = append(data, encoded...)
		}
	}
	return data, nil
}

func asText(value any) []byte {
	switch v := value.(type) {
	case string:
		return []byte(v)
	case []byte:
		return v
	case int64:
		return strconv.AppendInt(nil, v, 10)
	case float64:
		return strconv.AppendFloat(nil, v, 'g', -1, 64)
	}
	return fmt.Append(nil, value)
}
