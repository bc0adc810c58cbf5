package connectors

import (
	"context"

	"vestige/internal/errkind"
	"vestige/pii"
)

// Copier fills an empty system with what this one holds. Without it a source cannot be masked.
type Copier interface {
	// Copy makes in to, which is a driver of the same type opened for Erase, the same datasets with the same rules, and writes each record as m has made it;
	// nothing is written that m has not seen. It is a Conflict coded "target-is-source" or "target-not-empty" where to is this very system, or holds anything
	// but what a copy has left that was stopped, which is taken away first.
	Copy(ctx context.Context, to Driver, m Mask) error
}

// Mask is what changes records on their way from one system to another. Its functions are called one after the other.
type Mask struct {
	// Record changes the values of a record in place, each in the canonical form of Read, nil for NULL. A value that is left, or made equal again, is carried
	// over as the system holds it. Names are those of fields; paths of documents among them only for a system that holds documents.
	Record func(dataset string, names []string, values [][]byte) error
	// Definition tells whether the text of a definition (a CREATE statement, a comment) may stand in the target: it holds nothing of anybody.
	Definition func(text string) bool
	// Left is told what was not carried over, and why.
	Left func(dataset, why string)
	// Told hears how many records of a dataset are written.
	Told func(dataset string, records int64)
}

// Copy fills the source to, an empty one of the same type, with what this one holds, each record as m makes it.
func (s *Source) Copy(ctx context.Context, to *Source, m Mask) error {
	if s.spec.Name != to.spec.Name {
		return errkind.Coded(errkind.Invalid, "other-type", "%s is of type %s and %s of type %s: a copy stays in its own kind of system", s.env.Name, s.spec.Name, to.env.Name, to.spec.Name)
	}
	if err := to.writable(); err != nil {
		return err
	}
	c, ok, err := as[Copier](ctx, s, Scan)
	if err != nil {
		return err
	}
	if !ok {
		return errkind.Coded(errkind.Unsupported, "no-copier", "a source of type %s cannot be copied", s.spec.Name)
	}
	d, err := to.driver(ctx, Erase)
	if err != nil {
		return err
	}
	return s.wrap(c.Copy(ctx, d, m))
}

// TargetIsSource refuses a target that is the source.
func TargetIsSource() error {
	return errkind.Coded(errkind.Conflict, "target-is-source", "the target is the source itself")
}

// TargetNotEmpty refuses a target that holds something.
func TargetNotEmpty() error {
	return errkind.Coded(errkind.Conflict, "target-not-empty", "the target is not empty: a masked copy is written into an empty system only")
}

// Planter adds a record. Without it nothing can be planted in a source.
type Planter interface {
	// Plant adds one record of these values, by field, each in the canonical form of Read; fields left out get their default. Nothing that is there changes but by
	// what is added, and Erase of the record leaves all as it was. CannotPlant says that this is not to be had in a dataset, and that nothing was done.
	Plant(ctx context.Context, d pii.Dataset, values map[string]pii.Value) error
}

// CannotPlant is the error of a Planter for a dataset that nothing can be planted in.
func CannotPlant(why string) error {
	return errkind.Coded(errkind.Unsupported, "cannot-plant", "nothing can be planted there: %s", why)
}

// Plant adds one record to a dataset; Unsupported where the connector cannot.
func (s *Source) Plant(ctx context.Context, d pii.Dataset, values map[string]pii.Value) error {
	if err := s.writable(); err != nil {
		return err
	}
	p, ok, err := as[Planter](ctx, s, Erase)
	if err != nil {
		return err
	}
	if !ok {
		return errkind.Coded(errkind.Unsupported, "no-planter", "nothing can be planted in a source of type %s", s.spec.Name)
	}
	return s.wrap(p.Plant(ctx, d, values))
}
