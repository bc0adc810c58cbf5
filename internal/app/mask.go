package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"vestige/audit"
	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/masking"
	"vestige/pii"
)

// MaskOptions say how a source is masked.
type MaskOptions struct {
	Source string
	Target string // a configured source, or the path of a file or folder that is to be made
	Key    string // env:NAME, file:PATH or exec:COMMAND that gives the run's key; one that nobody keeps where it is ""
	By     string
	Tell   func(part, dataset string, n int64)
}

// Mask fills the target with a copy of the source in which nobody is to be found. Beginning and end are in the log.
func (a *App) Mask(ctx context.Context, o MaskOptions) (*masking.Report, error) {
	src, err := a.Source(o.Source)
	if err != nil {
		return nil, err
	}
	to, done, err := a.target(ctx, src, o.Target)
	if err != nil {
		return nil, err
	}
	defer done()
	g, err := a.Catalog.Graph(ctx)
	if err != nil {
		return nil, err
	}
	var key []byte
	if o.Key != "" {
		v, err := a.Config.setting(ctx, o.Key)
		if err != nil {
			return nil, errkind.Wrap(errkind.Of(err), err, "the run's key")
		}
		if !indirect(o.Key) || v.Len() < 16 {
			return nil, errkind.New(errkind.Invalid, "the run's key is env:NAME, file:PATH or exec:COMMAND that gives 16 bytes or more")
		}
		key = []byte(v.Reveal())
	}
	if err := a.Record(ctx, audit.Entry{Actor: o.By, Action: "source.mask", Object: src.Name(), Facts: audit.Facts(map[string]any{"target": to.Name(), "outcome": "begun"})}); err != nil {
		return nil, err
	}
	report, err := masking.Run(ctx, masking.Options{Graph: g, Set: a.Kinds, Source: src, Target: to, Key: key, Tell: o.Tell})
	facts := map[string]any{"target": to.Name(), "outcome": "done"}
	if err != nil {
		facts["outcome"] = errkind.Code(err)
	} else {
		facts["datasets"], facts["residue"] = len(report.Datasets), len(report.Residue)
	}
	if e := a.Record(context.WithoutCancel(ctx), audit.Entry{Actor: o.By, Action: "source.mask", Object: src.Name(), Facts: audit.Facts(facts)}); err == nil {
		err = e
	}
	return report, err
}

// target gives the source of that name; where the source masked has a path, and none is named so, one at that path.
func (a *App) target(ctx context.Context, src *connectors.Source, name string) (*connectors.Source, func(), error) {
	if s := a.Sources[name]; s != nil {
		return s, func() {}, nil
	}
	spec := src.Spec()
	i := slices.IndexFunc(spec.Options, func(o connectors.Option) bool { return o.Name == "path" })
	if i < 0 || name == "" {
		_, err := a.Source(name)
		return nil, nil, err
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(a.Config.Base, name)
	}
	if spec.Name == "bucket" {
		if err := os.MkdirAll(name, 0o755); err != nil {
			return nil, nil, errkind.Wrap(errkind.Permission, err, "make the target")
		}
	}
	s, err := connectors.Open(ctx, connectors.Env{Log: a.Log, Base: a.Config.Base, Temp: a.temp}, src.Name()+"-masked", spec, connectors.Config{"path": pii.NewValue(name)})
	if err != nil {
		return nil, nil, err
	}
	return s, func() { _ = s.Close() }, nil
}
