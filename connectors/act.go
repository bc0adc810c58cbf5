package connectors

import (
	"context"

	"vestige/internal/errkind"
	"vestige/pii"
)

// Profile gives the system's own statistics; ok is false where it has none, and then the scanner samples.
func (s *Source) Profile(ctx context.Context, d pii.Dataset) (p Profile, ok bool, err error) {
	a, ok, err := as[Profiler](ctx, s, Scan)
	if err != nil || !ok {
		return Profile{}, false, err
	}
	p, err = a.Profile(ctx, d)
	if errkind.Of(err) == errkind.Unsupported && err != nil {
		return Profile{}, false, nil
	}
	return p, err == nil, s.wrap(err)
}

// Methods gives what can be done to a dataset's records, without I/O; none where the source is read-only or its system cannot be written to.
func (s *Source) Methods(d pii.Dataset) []pii.Method {
	a, ok := s.eraser()
	if !ok || s.readOnly || d.Gap != nil {
		return nil
	}
	return a.Methods(d)
}

// eraser gives what answers without I/O: an open driver, else the nil driver of the connector's type.
func (s *Source) eraser() (Eraser, bool) {
	a, ok := s.still(Erase).(Eraser)
	return a, ok
}

func (s *Source) still(role Role) Driver {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.drivers[role]; d != nil {
		return d
	}
	return s.spec.Type
}

func (s *Source) writable() error {
	if s.readOnly {
		return errkind.Coded(errkind.Permission, "read-only", "source %s is read-only", s.env.Name)
	}
	return nil
}

// Check looks at what a unit would meet and changes nothing. Where the system cannot look, that is the finding.
func (s *Source) Check(ctx context.Context, u pii.Unit) ([]pii.Finding, error) {
	var out []pii.Finding
	if s.readOnly {
		for _, act := range u.Acts {
			out = append(out, pii.Finding{Code: FindingPrivilege, Dataset: act.Dataset.Ref, Text: "the source is read-only", Blocking: true})
		}
		return out, nil
	}
	a, ok, err := as[Preflighter](ctx, s, Erase)
	if err != nil {
		return nil, err
	}
	if !ok {
		for _, act := range u.Acts {
			out = append(out, pii.Finding{Code: FindingUnchecked, Dataset: act.Dataset.Ref, Text: "the system cannot look beforehand", Records: int64(len(act.Targets))})
		}
		return out, nil
	}
	out, err = a.Check(ctx, u)
	return out, s.wrap(err)
}

// Erase does one unit: all or nothing where the system has transactions. One receipt an act.
func (s *Source) Erase(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	if err := s.writable(); err != nil {
		return nil, err
	}
	a, ok, err := as[Eraser](ctx, s, Erase)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errkind.Coded(errkind.Unsupported, "no-eraser", "%s cannot erase", s.spec.Name)
	}
	out, err := a.Erase(ctx, u)
	return out, s.wrap(err)
}

// Image gives what Undo of a soft delete will need, before it is done; none where the connector has it in the receipts alone.
func (s *Source) Image(ctx context.Context, u pii.Unit) ([]byte, error) {
	a, ok, err := as[Imager](ctx, s, Erase)
	if err != nil || !ok {
		return nil, err
	}
	out, err := a.Image(ctx, u)
	return out, s.wrap(err)
}

// Undo takes back a soft delete, from the image that it made.
func (s *Source) Undo(ctx context.Context, u pii.Unit, image []byte) ([]pii.Receipt, error) {
	if err := s.writable(); err != nil {
		return nil, err
	}
	a, ok, err := as[Undoer](ctx, s, Erase)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errkind.Coded(errkind.Unsupported, "no-undo", "%s has no soft delete to take back", s.spec.Name)
	}
	out, err := a.Undo(ctx, u, image)
	return out, s.wrap(err)
}

// Statements shows what a unit will run, with placeholders where values stand; without a way to show it, the acts in words.
func (s *Source) Statements(u pii.Unit) []string {
	if a, ok := s.still(Erase).(Statementer); ok {
		return a.Statements(u)
	}
	var out []string
	for _, act := range u.Acts {
		out = append(out, string(act.Method)+" "+act.Dataset.Ref.Dataset)
	}
	return out
}

// Rungs gives what remains of a dataset's records after an erasure and when it goes, without I/O; unknown where the connector does not say.
func (s *Source) Rungs(d pii.Dataset) []Rung {
	if a, ok := s.still(Erase).(Residuer); ok {
		return s.registered(a.Rungs(d), 0)
	}
	return s.registered([]Rung{
		{Name: "logical", Reached: "by-erase", Text: "the system no longer gives the records"},
		{Name: "physical", Reached: "unknown", Text: "the connector cannot tell what the system keeps"},
		{Name: "backups", Reached: "unknown", Text: "backups are outside of the connector"},
	}, 0)
}

// Purge does at once what can be done about what deleted data leaves behind; nothing where the connector has no way.
func (s *Source) Purge(ctx context.Context, datasets []pii.Dataset) ([]pii.Receipt, error) {
	if err := s.writable(); err != nil {
		return nil, err
	}
	a, ok, err := as[Residuer](ctx, s, Erase)
	if err != nil || !ok {
		return nil, err
	}
	out, err := a.Purge(ctx, datasets)
	return out, s.wrap(err)
}
