package elasticsearch

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/doc"
	"vestige/pii"
)

var _ connectors.Planter = (*Driver)(nil)

// Plant adds a document with an _id that the cluster chooses, to the data stream or to the last index of the dataset that can be written, and refreshes it. No
// pipeline of the index's default sees it, so that nothing is kept elsewhere.
func (d *Driver) Plant(ctx context.Context, ds pii.Dataset, values map[string]pii.Value) error {
	members, err := d.members(ctx, ds.Ref.Dataset)
	if err != nil {
		return err
	}
	open := slices.DeleteFunc(members, func(x *index) bool { return x.closed || x.denied != nil || len(x.blocked()) > 0 })
	if len(open) == 0 {
		return connectors.CannotPlant("no index of the dataset can be written")
	}
	into := open[len(open)-1]
	if into.rewritable() != "" {
		return connectors.CannotPlant(into.rewritable())
	}
	fields, name := ds.Fields, into.name
	if into.stream != "" {
		name = into.stream
		values = withTime(values)
		fields = append(slices.Clip(fields), pii.Field{Name: "@timestamp", Path: "@timestamp", Type: pii.Time})
	}
	body, err := doc.Make(fields, values)
	if err != nil {
		return err
	}
	path := at(name, "_doc") + "?op_type=create&refresh=true&pipeline=_none&filter_path=result"
	text, err := d.c.do(ctx, call{method: http.MethodPost, path: path, body: body, once: true})
	if err != nil {
		return err
	}
	var got struct{ Result string }
	if json.Unmarshal(text, &got) != nil || got.Result != "created" {
		return malformed()
	}
	return nil
}

// withTime adds what a data stream does not do without.
func withTime(values map[string]pii.Value) map[string]pii.Value {
	out := map[string]pii.Value{"@timestamp": pii.NewValue(clock.Now().UTC().Format(time.RFC3339Nano))}
	for name, v := range values {
		if name != "@timestamp" {
			out[name] = v
		}
	}
	return out
}
