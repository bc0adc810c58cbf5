package db

import "strings"

// Schema is the tables of one room: steps that the store applies once each, in order, and never again. A step that has been
// released is not edited; a change is a new step at the end.
type Schema struct {
	Room  string
	Steps []string
}

// SchemaOf cuts the text of a room's schema.sql into its steps, at lines that begin with "-- step".
func SchemaOf(room, text string) Schema {
	s := Schema{Room: room}
	var step strings.Builder
	end := func() {
		if strings.TrimSpace(step.String()) != "" {
			s.Steps = append(s.Steps, strings.TrimSpace(step.String()))
		}
		step.Reset()
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "-- step") {
			end()
			continue
		}
		step.WriteString(line)
	}
	end()
	return s
}
