package connectors

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"vestige/internal/errkind"
	"vestige/pii"
)

// Source is a configured system. It is what everybody holds: it opens a driver for each role when that role is first needed, opens the
// documents inside of columns, and does in a general way what a driver does not do by itself. It is safe for concurrent use.
type Source struct {
	env      Env
	spec     Spec
	roles    map[Role]Config
	readOnly bool
	backups  []Backup

	mu      sync.Mutex
	drivers map[Role]Driver
	closed  bool
}

// roleNames are the sections of a source's configuration that hold credentials of their own.
var roleNames = []Role{Scan, Erase, Export}

// readOnlyKey is understood for every connector: a source that has it set is never written to.
const readOnlyKey = "read_only"

// Open makes a source of its configuration; keys of a role's section are flattened ("erase.user") and override the others for that role.
// Nothing is connected before it is needed.
func Open(ctx context.Context, env Env, name string, spec Spec, cfg Config) (*Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if name == "" || strings.ContainsAny(name, "/#%") {
		return nil, errkind.New(errkind.Invalid, "a source's name is not empty and holds none of / # %%")
	}
	env.Name = name
	s := &Source{env: env, spec: spec, roles: map[Role]Config{}, drivers: map[Role]Driver{}}
	for _, role := range roleNames {
		own, err := spec.configFor(role, cfg)
		if err != nil {
			return nil, errkind.Wrap(errkind.Invalid, err, "source %s", name)
		}
		s.roles[role] = own
	}
	s.readOnly = isYes(cfg[readOnlyKey])
	return s, nil
}

// Over makes a source on a driver that is already open, for every role; Close of the source closes it.
func Over(env Env, name string, spec Spec, d Driver) *Source {
	env.Name = name
	s := &Source{env: env, spec: spec, drivers: map[Role]Driver{}}
	for _, role := range roleNames {
		s.drivers[role] = d
	}
	return s
}

// configFor gives the configuration that a role's driver is opened with, defaults filled in; an unknown or missing option is an error that names it.
func (spec Spec) configFor(role Role, cfg Config) (Config, error) {
	options := map[string]Option{}
	for _, o := range spec.Options {
		options[o.Name] = o
	}
	out := Config{}
	for _, key := range slices.Sorted(maps.Keys(cfg)) {
		section, name, inRole := strings.Cut(key, ".")
		if !inRole {
			name = key
		}
		o, known := options[name]
		switch {
		case inRole && !slices.Contains(roleNames, Role(section)), !known && (inRole || name != readOnlyKey):
			return nil, errkind.Coded(errkind.Invalid, "unknown-option", "%s has no option %q", spec.Name, key)
		case inRole && !o.PerRole:
			return nil, errkind.Coded(errkind.Invalid, "unknown-option", "the option %q of %s is the same for all roles", name, spec.Name)
		case inRole && Role(section) == role:
			out[name] = cfg[key]
		case !inRole && known:
			if _, own := cfg[string(role)+"."+name]; !own {
				out[name] = cfg[key]
			}
		}
	}
	return out, spec.complete(out)
}

// complete fills defaults in and finds what is missing.
func (spec Spec) complete(cfg Config) error {
	for _, o := range spec.Options {
		v, ok := cfg[o.Name]
		if !ok && o.Default != "" {
			cfg[o.Name] = pii.NewValue(o.Default)
			continue
		}
		if o.Required && (!ok || v.Len() == 0) {
			return errkind.Coded(errkind.Invalid, "missing-option", "%s needs the option %q", spec.Name, o.Name)
		}
	}
	return nil
}

func isYes(v pii.Secret) bool {
	switch strings.ToLower(v.Reveal()) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}

// driver gives the driver of a role, opened on first use.
func (s *Source) driver(ctx context.Context, role Role) (Driver, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errkind.New(errkind.Invalid, "source %s is closed", s.env.Name)
	}
	if d, ok := s.drivers[role]; ok {
		return d, nil
	}
	env := s.env
	env.Role = role
	d, err := s.spec.Open(ctx, env, maps.Clone(s.roles[role]))
	if err != nil {
		return nil, s.wrap(err)
	}
	s.drivers[role] = d
	return d, nil
}

// as gives the driver of a role as a further ability; ok is false where the connector does not have it.
func as[A any](ctx context.Context, s *Source, role Role) (a A, ok bool, err error) {
	if _, ok := s.spec.Type.(A); !ok {
		return a, false, nil
	}
	d, err := s.driver(ctx, role)
	if err != nil {
		return a, false, err
	}
	a, ok = d.(A)
	return a, ok, nil
}

func (s *Source) wrap(err error) error {
	if err == nil {
		return nil
	}
	return errkind.Wrap(errkind.Of(err), err, "source %s", s.env.Name)
}

// Name gives the name that the configuration has for the source.
func (s *Source) Name() string { return s.env.Name }

// Spec gives the connector's description.
func (s *Source) Spec() Spec { return s.spec }

// ReadOnly tells whether the configuration forbids to write.
func (s *Source) ReadOnly() bool { return s.readOnly }

// Abilities names what the connector does by itself; the rest is done by the source, or is a gap.
func (s *Source) Abilities() []string { return s.spec.Abilities() }

// Abilities reads off the type what the connector does by itself.
func (spec Spec) Abilities() []string {
	out := []string{"discover", "read"}
	for _, a := range []struct {
		name string
		has  bool
	}{
		{"sample", has[Sampler](spec)}, {"profile", has[Profiler](spec)}, {"locate", has[Locator](spec)}, {"search", has[Searcher](spec)},
		{"erase", has[Eraser](spec)}, {"undo", has[Undoer](spec)}, {"image", has[Imager](spec)}, {"export", has[Exporter](spec)}, {"check", has[Preflighter](spec)},
		{"statements", has[Statementer](spec)}, {"residue", has[Residuer](spec)}, {"ladder", has[Ladder](spec)}, {"copy", has[Copier](spec)}, {"plant", has[Planter](spec)}, {"watch", has[Watcher](spec)},
	} {
		if a.has {
			out = append(out, a.name)
		}
	}
	return out
}

func has[A any](spec Spec) bool { _, ok := spec.Type.(A); return ok }

// Close closes what was opened.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var first error
	var done []Driver
	for _, role := range roleNames {
		d := s.drivers[role]
		if d == nil || slices.Contains(done, d) {
			continue
		}
		done = append(done, d)
		if err := d.Close(); err != nil && first == nil {
			first = s.wrap(err)
		}
	}
	clear(s.drivers)
	return first
}

// Discover yields each dataset once. A text column whose sampled values are all documents is given as one: its type becomes pii.JSON.
func (s *Source) Discover(ctx context.Context) iter.Seq2[pii.Dataset, error] {
	return s.DiscoverBut(ctx, func(*pii.Dataset) bool { return false })
}

// DiscoverBut is Discover that looks into no dataset for which known says that nothing about it is wanted; it is yielded as its driver describes it. known is asked
// between two items, never at the same time.
func (s *Source) DiscoverBut(ctx context.Context, known func(*pii.Dataset) bool) iter.Seq2[pii.Dataset, error] {
	return func(yield func(pii.Dataset, error) bool) {
		d, err := s.driver(ctx, Scan)
		if err != nil {
			yield(pii.Dataset{}, err)
			return
		}
		for ds, err := range guard(ctx, s, d.Discover(ctx)) {
			if err == nil && !known(&ds) {
				err = s.findDocuments(ctx, &ds)
			}
			if !yield(ds, err) || err != nil {
				return
			}
		}
	}
}

// guard holds a driver's sequence to its contract: nothing comes after an error, and an ended context is looked at between any two items.
func guard[T any](ctx context.Context, s *Source, seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if err := ctx.Err(); err != nil {
			yield(zero, err)
			return
		}
		for v, err := range seq {
			if ended := ctx.Err(); ended != nil {
				yield(zero, ended)
				return
			}
			if err != nil {
				yield(zero, s.wrap(err))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// failed is the sequence of one error.
func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		yield(zero, err)
	}
}

// String names the source; its configuration stays out.
func (s *Source) String() string { return fmt.Sprintf("%s (%s)", s.env.Name, s.spec.Name) }
