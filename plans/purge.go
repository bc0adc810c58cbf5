package plans

import (
	"context"
	"crypto/md5"  //nolint:gosec // the digests that systems keep of addresses
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"vestige/audit"
	"vestige/internal/crash"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/jobs"
	"vestige/lineage"
	"vestige/pii"
)

// purgeSeq is where the numbers of purges begin among the units of a round.
const purgeSeq = 2000

// purging does at once what can be done about what erased data leaves behind: the systems' files and statistics, and the sketches of the catalog.
func (r *run) purging(ctx context.Context) (*Result, error) {
	all, err := r.looks(ctx, r.s)
	if err != nil {
		return nil, err
	}
	touched := map[string][]pii.Dataset{}
	for _, at := range all {
		if err := r.touched(ctx, &at.open, touched); err != nil {
			return nil, err
		}
	}
	if stop, err := r.purgeSources(ctx, touched); stop != nil || err != nil {
		return stop, err
	}
	removed, err := r.sketches(ctx, all)
	if err != nil {
		return nil, err
	}
	return nil, r.move(ctx, Checking, mover{}, func(tx db.Tx) error {
		if err := r.aside(ctx, tx); err != nil {
			return err
		}
		return r.Audit.Append(ctx, tx, audit.Entry{Actor: r.by, Subject: r.s.Request, Action: "plan.sketches", Object: r.s.ID, Facts: audit.Facts(map[string]any{"fingerprints": removed})})
	})
}

// touched adds the datasets that a look has steps for, by source.
func (r *run) touched(ctx context.Context, o *Open, to map[string][]pii.Dataset) error {
	for _, st := range o.Steps {
		src := st.Dataset.Source
		if !acts(o, st) || slices.ContainsFunc(to[src], func(d pii.Dataset) bool { return d.Ref == st.Dataset }) {
			continue
		}
		d, err := r.dataset(ctx, st.Dataset)
		if err != nil {
			return err
		}
		to[src] = append(to[src], d)
	}
	return nil
}

func (r *run) purgeSources(ctx context.Context, touched map[string][]pii.Dataset) (*Result, error) {
	names := make([]string, 0, len(touched))
	for name := range touched {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		u := &UnitInfo{ID: unitID(r.s.ID, r.s.Round, purgeSeq+int64(i)), Round: r.s.Round, Seq: purgeSeq + int64(i), Kind: "purge", Source: name, Parts: []Part{}, State: "intent", Token: r.token}
		done, err := r.beginPurge(ctx, u)
		if err != nil {
			return nil, err
		}
		if done {
			continue
		}
		crash.At("purge:before")
		receipts, err := r.source(name).Purge(ctx, touched[name])
		crash.At("purge:after")
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errkind.Of(err) == errkind.Transient:
			return &Result{Reason: name + ": " + errkind.Code(err), Again: jobs.Backoff(tries)}, r.note(ctx, u, "retry", errkind.Code(err))
		case err != nil:
			return r.block(ctx, Purging, name+": "+errkind.Code(err))
		}
		if err := r.done(ctx, u, receipts); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// beginPurge puts the unit of a purge into the journal, unless it is done already.
func (r *run) beginPurge(ctx context.Context, u *UnitInfo) (done bool, err error) {
	us, err := r.pendingAll(ctx)
	if err != nil {
		return false, err
	}
	for _, o := range us {
		if o.Round == u.Round && o.Seq == u.Seq {
			return o.State == "done", nil
		}
	}
	return false, r.write(ctx, func(tx db.Tx) error {
		if err := insertUnits(ctx, tx, r.s.ID, r.s.Round, []UnitInfo{*u}); err != nil {
			return err
		}
		return setUnit(ctx, tx, r.s.ID, u, "intent", r.by)
	})
}

func (r *run) pendingAll(ctx context.Context) (us []UnitInfo, err error) {
	err = r.DB.Read(ctx, func(tx db.Tx) error {
		us, err = r.units(ctx, tx, r.s.ID)
		return err
	})
	return us, err
}

// sketches takes her fingerprints out of the catalog's sketches, in every spelling in which they can be there.
func (r *run) sketches(ctx context.Context, all map[int64]*lookedAt) (removed int, err error) {
	err = r.write(ctx, func(tx db.Tx) error {
		id, key, err := r.Keys.Standing(ctx, tx, keys.Sketch)
		if err != nil {
			return err
		}
		seen := map[uint64]bool{}
		var hashes []uint64
		for _, at := range all {
			for _, text := range spellings(at.sealed) {
				if h := lineage.Fingerprint(key, []byte(text)); !seen[h] {
					seen[h] = true
					hashes = append(hashes, h)
				}
			}
		}
		removed, err = r.Catalog.SketchRemove(ctx, tx, id, hashes)
		return err
	})
	return removed, err
}

// spellings gives the texts under which identifiers and attributes stand in sketches: as they were found and in normal form, and digests of addresses.
func spellings(s *Sealed) (out []string) {
	for _, ids := range [][]pii.Identifier{s.Start, s.Known, s.Traits, s.Spelled} {
		for _, id := range ids {
			text := strings.ToLower(strings.TrimSpace(id.Value.Reveal()))
			out = append(out, text)
			if id.Category == "contact.email" {
				s256, s1, m5 := sha256.Sum256([]byte(text)), sha1.Sum([]byte(text)), md5.Sum([]byte(text)) //nolint:gosec // see above
				out = append(out, hex.EncodeToString(s256[:]), hex.EncodeToString(s1[:]), hex.EncodeToString(m5[:]))
			}
		}
	}
	return out
}
