package bucket

import (
	"context"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/decode"
	"vestige/pii"
)

const (
	sampleBytes = 64 << 20  // a sample reads about so much of a dataset
	largeObject = 16 << 20  // of a larger one only blocks are read, where its format allows to begin anywhere
	blockSize   = 256 << 10 //
	blocks      = 16        // of one object
	fewObjects  = 64        // so many are looked at, however few records are wanted
)

// Sample chooses objects by the seed, of large ones blocks, and of the records in them n, each with the same chance.
func (d *Driver) Sample(ctx context.Context, q connectors.Query, n int) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		s := &sampling{r: d.reading(ctx, q, yield), n: n, random: rand.New(rand.NewPCG(q.Seed, 0xb0c4e7))}
		s.r.take = s.record
		err := s.run()
		if err == nil {
			err = s.pour()
		}
		if err != nil && !errors.Is(err, errDone) {
			yield(nil, err)
		}
	}
}

type sampling struct {
	r      *reading
	n      int
	random *rand.Rand
	kept   []kept
	seen   int
}

// kept is a record of the sample and its place in the order of reading.
type kept struct {
	at     int
	record *pii.Batch
}

// chosen is an object to be looked at.
type chosen struct {
	object
	values []string
	number int
}

func (s *sampling) run() error {
	if s.n <= 0 {
		return nil
	}
	some, err := s.choose()
	if err != nil {
		return err
	}
	for _, o := range some {
		if err := s.object(o); err != nil {
			return err
		}
	}
	return nil
}

// choose takes some objects, each with the same chance, as long as they are not too many bytes together.
func (s *sampling) choose() ([]chosen, error) {
	place, err := s.r.d.member(s.r.ctx, s.r.q.Dataset.Ref.Dataset)
	if err != nil {
		return nil, err
	}
	var some []chosen
	count := 0
	err = s.r.d.objs.List(s.r.ctx, literal(s.r.q.Dataset.Ref.Dataset), "", func(o object) error {
		values, ok := place(o)
		if !ok {
			return nil
		}
		if count++; o.Fault != "" {
			return nil
		}
		if c := (chosen{o, values, count}); len(some) < max(fewObjects, s.n) {
			some = append(some, c)
		} else if i := s.random.IntN(count); i < len(some) {
			some[i] = c
		}
		return nil
	})
	if err == nil && count == 0 {
		err = s.r.d.noObjects(s.r.ctx, s.r.q.Dataset.Ref.Dataset)
	}
	s.random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	bytes := int64(0)
	for i, o := range some {
		if bytes += min(o.Size, blocks*blockSize); i > 0 && bytes > sampleBytes {
			some = some[:i]
			break
		}
	}
	slices.SortFunc(some, func(a, b chosen) int { return a.number - b.number })
	return some, err
}

// object looks at one object: all of it, or blocks of a large one.
func (s *sampling) object(o chosen) error {
	if o.Size > largeObject {
		done, err := s.blocks(o)
		if done || err != nil {
			return err
		}
	}
	return s.r.object(o.object, o.values, o.number, func(o object) (file, error) { return s.r.d.objs.Open(s.r.ctx, o) })
}

// blocks looks at random places of an object; done is false where its format does not allow that.
func (s *sampling) blocks(o chosen) (done bool, err error) {
	r := s.r
	f, err := r.d.objs.Open(r.ctx, o.object)
	if err != nil {
		return false, nil // the usual way says why
	}
	defer func() { _ = f.Close() }()
	r.at(o.object, o.values, o.number)
	head, err := r.d.pool.Decode(r.ctx, decode.Options{Ext: formatExt(o.Key), Partial: true, Limit: 1}, io.LimitReader(f, probeSize), func(*decode.Item) error { return nil })
	if _, fatal := failure(r.ctx, err); fatal != nil {
		return false, fatal
	}
	info := head.Info
	lines := info.Format == decode.CSV || info.Format == decode.TSV || info.Format == decode.NDJSON || info.Format == decode.Log
	if err != nil || info.Gzip || info.Zstd || strings.HasPrefix(info.Charset, "utf-16") || !lines {
		return false, nil
	}
	for range blocks {
		from := s.random.Int64N(o.Size)
		if _, err := f.Seek(from, io.SeekStart); err != nil {
			return true, nil
		}
		opts := decode.Options{Format: info.Format, Comma: info.Comma, Columns: info.Columns, Escaped: info.Escaped, Block: true, Base: max(from, 1)}
		_, err := r.d.pool.Decode(r.ctx, opts, io.LimitReader(f, blockSize), r.item)
		if errors.Is(err, errDone) {
			return true, err
		}
		if _, fatal := failure(r.ctx, err); fatal != nil {
			return true, fatal
		}
	}
	return true, nil
}

// record keeps a record with the chance that all so far have.
func (s *sampling) record(it *decode.Item, id string) error {
	place := len(s.kept)
	if s.seen++; place == s.n {
		if place = s.random.IntN(s.seen); place >= s.n {
			return nil
		}
	} else {
		s.kept = append(s.kept, kept{})
	}
	s.r.add(it, id)
	one := pii.NewBatch(s.r.batch.Dataset, nil)
	one.Copy(s.r.batch, 0)
	s.r.batch.Reset()
	s.kept[place] = kept{s.seen, one}
	return nil
}

// pour yields what was kept.
func (s *sampling) pour() error {
	slices.SortFunc(s.kept, func(a, b kept) int { return a.at - b.at })
	s.kept = slices.CompactFunc(s.kept, func(a, b kept) bool { return a.record.Key(0).Equal(b.record.Key(0)) })
	for _, k := range s.kept {
		s.r.batch.Copy(k.record, 0)
		if s.r.batch.Len() >= s.r.max || s.r.batch.Size() >= batchBytes {
			if err := s.r.flush(); err != nil {
				return err
			}
		}
	}
	return s.r.flush()
}
