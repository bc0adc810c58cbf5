package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vestige/internal/errkind"
)

// A large object is read range by range: the first is small, as often only a beginning is wanted, and each is larger than the one before.
const (
	firstRange = 512 << 10
	lastRange  = 16 << 20
)

// remote is an object being read. Every range is of the same version and asks for the same ETag, so that what is read is one object.
type remote struct {
	ctx    context.Context // of the reading: io.Reader has no other way in
	s      *store
	o      object
	pos    int64  // where the reader stands
	at     int64  // where the body stands
	back   []byte // the first bytes: what a file is, is looked at before it is read
	end    []byte // the last bytes, where only parts are wanted
	body   io.ReadCloser
	left   int64 // of the range
	size   int64 // of the next one
	failed int
	lock   string
	told   bool // meta and tagged are known
	meta   map[string]string
	tagged int32 // how many tags it has
}

// Open asks for nothing yet, but for an object that was never listed.
func (s *store) Open(ctx context.Context, o object) (file, error) {
	if o.Version == "" {
		now, _, err := s.head(ctx, o)
		if err != nil {
			return nil, err
		}
		o = now
	}
	r := &remote{ctx: ctx, s: s, o: o, size: firstRange}
	if o.Size == 0 {
		return r, nil
	}
	return r, r.ask() // what cannot be read at all is told now
}

// tailOf gives how much of the end of an object of a size is asked for at once: the footer of a Parquet file is seldom larger.
func tailOf(size int64) int64 { return min(max(size/64, 2<<10), 64<<10, size) }

// OpenParts opens an object of which perhaps only parts are wanted: of a Parquet file the end is asked for, and then what the reader asks for.
func (s *store) OpenParts(ctx context.Context, o object) (file, error) {
	if o.Version == "" || o.Size < 16<<10 {
		return s.Open(ctx, o)
	}
	r := &remote{ctx: ctx, s: s, o: o, end: make([]byte, tailOf(o.Size))}
	r.at, r.size = o.Size-int64(len(r.end)), int64(len(r.end))
	for n := 0; n < len(r.end); {
		k, err := r.next(r.end[n:])
		if n += k; err != nil {
			return nil, err
		}
	}
	r.stop()
	if magic := r.end[len(r.end)-4:]; string(magic) == "PAR1" || string(magic) == "PARE" {
		r.back, r.at = magic, 4 // it begins as it ends
		return r, nil
	}
	return s.Open(ctx, o)
}

// Stat gives the object that is being read.
func (r *remote) Stat() (object, error) { return r.o, nil }

// locked asks apart where the bucket has locks and the answer to the reading has told none: not every server says it there.
func (r *remote) locked() string {
	if r.lock == "" && r.s.locking {
		if _, head, err := r.s.head(r.ctx, r.o); err == nil && !lockOver(head) {
			r.lock = lockText(head.ObjectLockMode, head.ObjectLockRetainUntilDate, head.ObjectLockLegalHoldStatus)
		}
	}
	return r.lock
}

// ask begins a range.
func (r *remote) ask() error {
	r.stop()
	to := min(r.at+r.size, r.o.Size) - 1
	in := &s3.GetObjectInput{Bucket: &r.s.bucket, Key: &r.o.Key, Range: aws.String(fmt.Sprintf("bytes=%d-%d", r.at, to))}
	if etag := etagOf(r.o); etag != "" {
		in.IfMatch = &etag
	}
	if r.o.ID != "" {
		in.VersionId = &r.o.ID
	}
	out, err := r.s.client.GetObject(r.ctx, in)
	if err != nil {
		err = s3Fault(r.ctx, err, "read an object")
		if errkind.Code(err) == "InvalidRequest" {
			err = errkind.Coded(errkind.Unsupported, faultSealed, "an object is encrypted with a key that only its owner has")
		}
		return err
	}
	if etag := aws.ToString(out.ETag); etag != "" && etagOf(r.o) != "" && etag != etagOf(r.o) {
		_ = out.Body.Close()
		return changedMeanwhile() // a server that does not heed If-Match
	}
	r.lock = lockText(out.ObjectLockMode, out.ObjectLockRetainUntilDate, out.ObjectLockLegalHoldStatus)
	r.told, r.meta, r.tagged = true, out.Metadata, aws.ToInt32(out.TagCount)
	r.body, r.left = out.Body, to-r.at+1
	r.size = min(r.size*4, lastRange)
	return nil
}

// labels gives metadata and tags. Servers say only of objects with tags how many they have, and only to who may read them: the first is asked for them in any case.
func (r *remote) labels() (l labels, err error) {
	if !r.told {
		_, head, err := r.s.head(r.ctx, r.o)
		if err != nil {
			return l, err
		}
		r.told, r.meta, r.tagged = true, head.Metadata, aws.ToInt32(head.TagCount)
	}
	l.meta = r.meta
	if r.tagged > 0 || !r.s.tagsSeen.Load() {
		l.tags, err = r.s.tagSet(r.ctx, r.o)
		shut := errkind.Of(err) == errkind.Permission && err != nil
		r.s.tagsShut.Store(shut)
		r.s.tagsSeen.Store(err == nil || shut)
		return l, err
	}
	if r.s.tagsShut.Load() {
		err = errkind.New(errkind.Permission, "there is no permission to read the tags of objects")
	}
	return l, err
}

// tagSet gives the tags of an object.
func (s *store) tagSet(ctx context.Context, o object) (map[string]string, error) {
	in := &s3.GetObjectTaggingInput{Bucket: &s.bucket, Key: &o.Key}
	if o.ID != "" {
		in.VersionId = &o.ID
	}
	out, err := s.client.GetObjectTagging(ctx, in)
	if err != nil {
		err = s3Fault(ctx, err, "read an object's tags")
		if k := errkind.Of(err); k == errkind.Unsupported || k == errkind.NotFound {
			return nil, nil
		}
		return nil, err
	}
	tags := map[string]string{}
	for _, t := range out.TagSet {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags, nil
}

// lockText says how long an object may not be removed, "" where it may.
func lockText(mode types.ObjectLockMode, until *time.Time, hold types.ObjectLockLegalHoldStatus) string {
	switch {
	case hold == types.ObjectLockLegalHoldStatusOn:
		return "under a legal hold without an end"
	case mode != "" && until != nil:
		return "until " + until.UTC().Format(time.RFC3339)
	}
	return ""
}

// keptBytes is how much of the beginning can be read again without asking again.
const keptBytes = 512

// Read reads on. A range that breaks off is asked for again from where it broke.
func (r *remote) Read(p []byte) (int, error) {
	if r.pos < int64(len(r.back)) {
		n := copy(p, r.back[r.pos:])
		r.pos += int64(n)
		return n, nil
	}
	if r.pos != r.at {
		r.stop()
		r.at, r.size = r.pos, firstRange
	}
	n, err := r.next(p)
	if r.pos == int64(len(r.back)) && r.pos < keptBytes {
		r.back = append(r.back, p[:min(n, keptBytes-len(r.back))]...)
	}
	r.pos = r.at
	return n, err
}

// next reads on in the body.
func (r *remote) next(p []byte) (int, error) {
	for {
		if r.at >= r.o.Size {
			r.stop()
			return 0, io.EOF
		}
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		if r.body == nil || r.left == 0 {
			if err := r.ask(); err != nil {
				return 0, err
			}
		}
		n, err := r.body.Read(p[:min(int64(len(p)), r.left)])
		r.at, r.left = r.at+int64(n), r.left-int64(n)
		switch {
		case n > 0:
			if err != nil {
				r.stop()
			}
			r.failed = 0
			return n, nil
		case err == nil:
			return 0, nil
		}
		r.stop()
		if r.failed++; r.failed >= attempts {
			return 0, s3Fault(r.ctx, errBroken, "read an object")
		}
	}
}

var errBroken = errors.New("the answer breaks off")

// stop ends a range.
func (r *remote) stop() {
	if r.body != nil {
		_ = r.body.Close()
		r.body = nil
	}
}

// Seek goes elsewhere; the next range is a small one again.
func (r *remote) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.o.Size
	}
	if offset < 0 {
		return 0, errkind.New(errkind.Invalid, "there is nothing before the beginning of an object")
	}
	r.pos = offset
	return offset, nil
}

// Close ends the reading.
func (r *remote) Close() error {
	r.stop()
	return nil
}
