package untrusted

import (
	"encoding/json"
	"errors"
	"fmt"
)

// SchemaError says that a file was written in a format that this program does not read.
type SchemaError struct {
	File       string // the kind of file, by the name that it has in a run: "summary.json"
	Has, Reads int
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("%s has schema %d, this program reads %d", e.File, e.Has, e.Reads)
}

// CheckSchema reads the schema of a JSON object and nothing else of it: under another
// schema every other field may have another shape. The error is a [*SchemaError] where
// the schema is not the one that is read.
func CheckSchema(text []byte, file string, reads int) error {
	var head struct {
		Schema *int `json:"schema"`
	}
	switch err := json.Unmarshal(text, &head); {
	case err != nil:
		return err
	case head.Schema == nil:
		return errors.New("it names no schema")
	case *head.Schema != reads:
		return &SchemaError{file, *head.Schema, reads}
	}
	return nil
}
