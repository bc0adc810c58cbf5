package elasticsearch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"vestige/internal/errkind"
)

// hole stands in a dataset's name for what differs between its indexes.
const hole = "{}"

// index is one concrete index.
type index struct {
	name, stream string
	group        string // the dataset that it belongs to
	uuid         string
	closed       bool
	aliases      []string
	settings     map[string]any
	leaves       map[string]leaf // of the mapping, by dotted path
	copies       map[string]bool // targets of copy_to
	source       sourceState
	schema       string
	denied       error // its metadata cannot be read
}

// look gives the indexes of an expression, and those behind its data streams, in the order of their names, grouped.
func (d *Driver) look(ctx context.Context, expression string) ([]*index, error) {
	expressions := []string{expression}
	byName := map[string]*index{}
	behind, err := d.resolve(ctx, expression, byName)
	if err != nil {
		return nil, err
	}
	for part := range slices.Chunk(behind, 50) { // a wildcard that covers a stream's name does not cover theirs
		names := strings.Join(part, ",")
		if _, err := d.resolve(ctx, names, byName); err != nil {
			return nil, err
		}
		expressions = append(expressions, names)
	}
	if len(byName) == 0 {
		return nil, nil
	}
	out := slices.SortedFunc(maps.Values(byName), func(a, b *index) int { return strings.Compare(a.name, b.name) })
	for _, e := range expressions {
		if err := d.describe(ctx, e, out, byName); err != nil {
			return nil, err
		}
	}
	group(out)
	return out, nil
}

// resolve adds the indexes of an expression, and gives the names of those that are behind data streams and not among them.
func (d *Driver) resolve(ctx context.Context, expression string, into map[string]*index) (behind []string, err error) {
	var resolved struct {
		Indices []struct {
			Name       string
			Aliases    []string
			Attributes []string
			Stream     string `json:"data_stream"`
		}
		Streams []struct {
			Backing json.RawMessage `json:"backing_indices"` // one name, or a list
		} `json:"data_streams"`
	}
	if err := d.c.get(ctx, at("_resolve", "index", expression)+"?expand_wildcards=all", &resolved); err != nil {
		return nil, err
	}
	for _, r := range resolved.Indices {
		if !ownOfSystem(r.Name, r.Attributes) {
			into[r.Name] = &index{name: r.Name, stream: r.Stream, aliases: r.Aliases, closed: slices.Contains(r.Attributes, "closed")}
		}
	}
	for _, s := range resolved.Streams {
		var names []string
		var one string
		if json.Unmarshal(s.Backing, &names) != nil && json.Unmarshal(s.Backing, &one) == nil {
			names = []string{one}
		}
		for _, n := range names {
			if into[n] == nil && !ownOfSystem(n, nil) {
				behind = append(behind, n)
			}
		}
	}
	return behind, nil
}

// describe reads mappings and settings, all at once where that is allowed.
func (d *Driver) describe(ctx context.Context, expression string, all []*index, byName map[string]*index) error {
	if !slices.ContainsFunc(all, func(x *index) bool { return x.settings == nil }) {
		return nil
	}
	err := d.described(ctx, expression, byName)
	if err == nil || errkind.Of(err) == errkind.Canceled || errkind.Of(err) == errkind.Transient {
		return err
	}
	for _, x := range all { // one that is blocked refuses all
		if x.settings != nil {
			continue
		}
		if err := d.described(ctx, x.name, byName); errkind.Of(err) == errkind.Canceled && err != nil {
			return err
		} else if err != nil {
			x.denied = err
		}
	}
	return nil
}

func (d *Driver) described(ctx context.Context, expression string, byName map[string]*index) error {
	var got map[string]struct {
		Mappings json.RawMessage
		Settings map[string]any
	}
	if err := d.c.get(ctx, at(expression)+"?flat_settings=true&expand_wildcards=all", &got); err != nil {
		return err
	}
	for name, g := range got {
		x := byName[name]
		if x == nil {
			continue
		}
		x.settings = g.Settings
		x.uuid = x.setting("index.uuid")
		sum := sha256.Sum256(g.Mappings)
		x.schema = hex.EncodeToString(sum[:8])
		if err := x.mapped(g.Mappings); err != nil {
			x.denied = err
		}
	}
	return nil
}

func (x *index) setting(name string) string {
	switch v := x.settings[name].(type) {
	case string:
		return v
	case nil:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

func (x *index) shards() int {
	n, _ := strconv.Atoi(x.setting("index.number_of_shards"))
	return max(n, 1)
}

// blocked gives the names of blocks that are set.
func (x *index) blocked() (out []string) {
	for _, name := range []string{"read", "write", "metadata", "read_only", "read_only_allow_delete"} {
		if x.setting("index.blocks."+name) == "true" {
			out = append(out, name)
		}
	}
	return out
}

// ownOfSystem tells whether the cluster keeps an index for itself.
func ownOfSystem(name string, attributes []string) bool {
	if slices.Contains(attributes, "system") {
		return true
	}
	for _, p := range []string{".security", ".kibana", ".tasks", ".async-search", ".fleet", ".apm-", ".ml-", ".monitoring", ".watch", ".triggered_watches", ".transform", ".geoip_databases", ".opendistro", ".opensearch", ".plugins-", ".enrich", ".internal.", ".ds-ilm-history", ".ds-.", ".slo-", ".deprecation", ".snapshot-blob-cache", ".async", ".logstash"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// group names the dataset of each index: its data stream, or its pattern where its mapping agrees with that of the pattern's last index, else itself.
func group(all []*index) {
	last := map[string]*index{}
	for _, x := range all {
		if x.group = x.stream; x.group == "" {
			x.group = patternOf(x.name)
		}
		if !x.closed && x.denied == nil {
			last[x.group] = x
		}
	}
	for _, x := range all {
		if l := last[x.group]; l != nil && x.stream == "" && x.denied == nil && !agree(x, l) {
			x.group = x.name
		}
	}
}

func agree(a, b *index) bool {
	if a.source != b.source {
		return false
	}
	for p, l := range a.leaves {
		if m, ok := b.leaves[p]; ok && m.kind != l.kind {
			return false
		}
	}
	return true
}

// patternOf replaces numbers and dates of a name: logs-2026.11.21-000003 is one of "logs-{}".
func patternOf(name string) string {
	var out strings.Builder
	for i := 0; i < len(name); {
		end := i + strings.IndexAny(name[i:]+"-", "-_.")
		word := name[i:end]
		if word != "" && strings.Trim(word, "0123456789") == "" && i > 0 {
			word = hole
		}
		out.WriteString(word)
		if end < len(name) {
			out.WriteByte(name[end])
		}
		i = end + 1
	}
	p := out.String()
	for {
		q := p
		for _, sep := range []string{"-", "_", "."} {
			q = strings.ReplaceAll(q, hole+sep+hole, hole)
		}
		if q == p {
			return p
		}
		p = q
	}
}

// members gives the indexes of a dataset as they are now.
func (d *Driver) members(ctx context.Context, dataset string) ([]*index, error) {
	wide := strings.ReplaceAll(dataset, hole, "*")
	all, err := d.look(ctx, wide+"*,.ds-"+wide+"-*")
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(all, func(x *index) bool { return x.group != dataset || !d.ours(x) })
	if len(out) > 0 {
		return out, nil
	}
	names, err := d.everything(ctx)
	switch {
	case err != nil && errkind.Of(err) != errkind.Permission:
		return nil, err
	case slices.ContainsFunc(names, func(n string) bool { return n == dataset || patternOf(n) == dataset }):
		return nil, errkind.New(errkind.Permission, "the user may not see the dataset's indexes")
	}
	return nil, errkind.New(errkind.NotFound, "the cluster has no index of the dataset, or may not show it")
}

// everything gives the names of all indexes, those included that the user may not see.
func (d *Driver) everything(ctx context.Context) ([]string, error) {
	var state struct {
		Metadata struct {
			Indices map[string]struct{ State string }
		}
	}
	err := d.c.get(ctx, "/_cluster/state/metadata?expand_wildcards=all&filter_path=metadata.indices.*.state", &state)
	return slices.Sorted(maps.Keys(state.Metadata.Indices)), err
}

// ours tells whether an index belongs to the source, by its own name or its stream's.
func (d *Driver) ours(x *index) bool {
	return slices.ContainsFunc(d.patterns, func(p string) bool {
		own, _ := path.Match(p, x.name)
		stream, _ := path.Match(p, x.stream)
		return own || stream && x.stream != ""
	})
}

// shard is one shard of an index, as its statistics know it.
type shard struct {
	number int
	max    int64 // the last operation's number
	docs   int64
}

// stats is what an index knows of itself.
type stats struct {
	bytes, docs, deleted int64 // deleted: in all copies
	shards               []shard
}

// stats reads the statistics of one index. A replica may lag: of each shard the copy that has come furthest counts.
func (d *Driver) stats(ctx context.Context, name string) (stats, error) {
	var got struct {
		Indices map[string]struct {
			Primaries struct {
				Docs  struct{ Count, Deleted int64 }
				Store struct {
					Size int64 `json:"size_in_bytes"`
				}
			}
			Shards map[string][]struct {
				Docs struct{ Count, Deleted int64 }
				Seq  struct {
					Max int64 `json:"max_seq_no"`
				} `json:"seq_no"`
			}
		}
	}
	if err := d.c.get(ctx, at(name, "_stats", "docs,store")+"?level=shards", &got); err != nil {
		return stats{}, err
	}
	g := got.Indices[name]
	s := stats{bytes: g.Primaries.Store.Size, docs: g.Primaries.Docs.Count}
	for number, copies := range g.Shards {
		k, err := strconv.Atoi(number)
		if err != nil {
			continue
		}
		sh := shard{number: k, max: -1}
		for _, c := range copies {
			s.deleted += c.Docs.Deleted
			if c.Seq.Max > sh.max {
				sh.max, sh.docs = c.Seq.Max, c.Docs.Count
			}
		}
		s.shards = append(s.shards, sh)
	}
	slices.SortFunc(s.shards, func(a, b shard) int { return a.number - b.number })
	return s, nil
}
