package bucket

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"hash"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vestige/internal/errkind"
)

const (
	partSize = 8 << 20  // a smaller object is put at once, a larger one in parts of at least so much
	holdable = 64 << 20 // finished drafts hold together at most so much in memory; what is more goes to the store before it is put in place
	maxParts = 9000
)

// noteRace is in a receipt where the server has no conditional writes.
const noteRace = "compared before writing: the server has no conditional writes"

// noteCompared is in a receipt where an object was removed for which no server promises a condition.
const noteCompared = "compared before removing"

// upload is a draft: in memory as long as it is small, else parts of an upload that is not finished.
type upload struct {
	ctx   context.Context // of the unit: io.Writer has no other way in
	s     *store
	o     object
	head  *s3.HeadObjectOutput
	tags  string
	sum   types.ChecksumAlgorithm
	hash  hash.Hash // of all that was written
	buf   []byte
	held  int64 // of buf, counted in the store
	size  int   // of a part
	id    string
	parts []types.CompletedPart
}

// Replace begins a draft with everything that the object has beside its bytes.
func (s *store) Replace(ctx context.Context, o object) (draft, error) {
	now, head, err := s.head(ctx, object{Key: o.Key})
	if err != nil {
		return nil, err
	}
	if now.Version != o.Version {
		return nil, changedMeanwhile()
	}
	tags, err := s.tags(ctx, o, head)
	if err != nil {
		return nil, err
	}
	return &upload{ctx: ctx, s: s, o: o, head: head, tags: tags, sum: checksumOf(head), hash: sha256.New(), size: max(partSize, int(o.Size/maxParts))}, nil
}

// Create puts a new object, under the condition that there is none where the server heeds conditions.
func (s *store) Create(ctx context.Context, key string, body []byte) error {
	able, err := s.ability(ctx)
	if err != nil {
		return err
	}
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(body)}
	if able.conditional {
		in.IfNoneMatch = aws.String("*")
	}
	_, err = s.client.PutObject(ctx, in)
	return s3Fault(ctx, err, "write an object")
}

// tags gives an object's tags as they are put.
func (s *store) tags(ctx context.Context, o object, head *s3.HeadObjectOutput) (string, error) {
	if head.TagCount != nil && *head.TagCount == 0 {
		return "", nil
	}
	tags, err := s.tagSet(ctx, o)
	return tagText(tags), err
}

// tagText gives tags as they are put.
func tagText(tags map[string]string) string {
	v := url.Values{}
	for name, text := range tags {
		v.Add(name, text)
	}
	return v.Encode()
}

// relabel gives the draft other metadata and tags than the object had.
func (u *upload) relabel(l labels) {
	head := *u.head
	head.Metadata = l.meta
	u.head, u.tags = &head, tagText(l.tags)
}

// checksumOf gives the kind of checksum that the store keeps with an object, so that it keeps one of the new bytes.
func checksumOf(h *s3.HeadObjectOutput) types.ChecksumAlgorithm {
	switch {
	case h.ChecksumSHA256 != nil:
		return types.ChecksumAlgorithmSha256
	case h.ChecksumSHA1 != nil:
		return types.ChecksumAlgorithmSha1
	case h.ChecksumCRC32C != nil:
		return types.ChecksumAlgorithmCrc32c
	case h.ChecksumCRC32 != nil:
		return types.ChecksumAlgorithmCrc32
	case h.ChecksumCRC64NVME != nil:
		return types.ChecksumAlgorithmCrc64nvme
	}
	return ""
}

// Write adds to the draft.
func (u *upload) Write(b []byte) (int, error) {
	_, _ = u.hash.Write(b)
	u.buf = append(u.buf, b...)
	for len(u.buf) >= 2*u.size { // the last part takes what is left
		if err := u.part(u.buf[:u.size]); err != nil {
			return 0, err
		}
		u.buf = append(u.buf[:0], u.buf[u.size:]...)
	}
	return len(b), nil
}

// Finish keeps a small draft in memory as long as there are few of them.
func (u *upload) Finish() error {
	if u.id == "" {
		if u.s.held.Add(int64(len(u.buf))) <= holdable {
			u.held = int64(len(u.buf))
			return nil
		}
		u.s.held.Add(-int64(len(u.buf)))
		if len(u.buf) == 0 {
			return nil
		}
	}
	err := u.part(u.buf)
	u.buf = nil
	return err
}

// part sends a part.
func (u *upload) part(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if u.id == "" {
		out, err := u.s.client.CreateMultipartUpload(u.ctx, u.begin())
		if err != nil {
			return s3Fault(u.ctx, err, "begin to write an object")
		}
		u.id = aws.ToString(out.UploadId)
	}
	n := aws.Int32(int32(len(u.parts) + 1))
	out, err := u.s.client.UploadPart(u.ctx, &s3.UploadPartInput{
		Bucket: &u.s.bucket, Key: &u.o.Key, UploadId: &u.id, PartNumber: n, Body: bytes.NewReader(b), ChecksumAlgorithm: u.sum,
	})
	if err != nil {
		return s3Fault(u.ctx, err, "write a part of an object")
	}
	u.parts = append(u.parts, types.CompletedPart{
		ETag: out.ETag, PartNumber: n, ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC32C: out.ChecksumCRC32C, ChecksumCRC64NVME: out.ChecksumCRC64NVME,
		ChecksumSHA1: out.ChecksumSHA1, ChecksumSHA256: out.ChecksumSHA256,
	})
	return nil
}

func (u *upload) begin() *s3.CreateMultipartUploadInput {
	h := u.head
	return &s3.CreateMultipartUploadInput{
		Bucket: &u.s.bucket, Key: &u.o.Key, Metadata: h.Metadata, ContentType: h.ContentType, CacheControl: h.CacheControl, ContentDisposition: h.ContentDisposition,
		ContentEncoding: h.ContentEncoding, ContentLanguage: h.ContentLanguage, WebsiteRedirectLocation: h.WebsiteRedirectLocation,
		Expires:      h.Expires, //nolint:staticcheck // it can be put back in no other form
		StorageClass: h.StorageClass, ServerSideEncryption: h.ServerSideEncryption, SSEKMSKeyId: h.SSEKMSKeyId, BucketKeyEnabled: kmsOnly(h), Tagging: u.tagging(),
		ChecksumAlgorithm: u.sum,
	}
}

// kmsOnly gives whether a bucket key is used, which is said only together with a key of the key service.
func kmsOnly(h *s3.HeadObjectOutput) *bool {
	if h.SSEKMSKeyId == nil {
		return nil
	}
	return h.BucketKeyEnabled
}

func (u *upload) tagging() *string {
	if u.tags == "" {
		return nil
	}
	return &u.tags
}

// Commit puts the draft in place, under the condition that the old object is there, and removes that where the bucket keeps versions.
func (u *upload) Commit(ctx context.Context) (note string, err error) {
	able, err := u.s.ability(ctx)
	if err != nil {
		return "", err
	}
	var condition *string
	if able.conditional {
		condition = aws.String(etagOf(u.o))
	} else {
		note = noteRace
		now, _, err := u.s.head(ctx, object{Key: u.o.Key})
		if err != nil {
			return "", err
		}
		if now.Version != u.o.Version {
			return "", changedMeanwhile()
		}
	}
	id, err := u.put(ctx, condition)
	if err != nil {
		id, err = u.settle(ctx, err)
	}
	if err != nil {
		if errkind.Of(err) == errkind.NotFound {
			err = changedMeanwhile()
		}
		return "", err
	}
	u.release()
	u.id = ""
	if !u.s.versioned {
		return note, nil
	}
	return note, u.s.removeBefore(ctx, u.o, id)
}

// settle looks what became of a write whose answer did not arrive: asked again, the server says that the object has changed, and it was this draft that
// changed it.
func (u *upload) settle(ctx context.Context, failed error) (id string, err error) {
	if k := errkind.Of(failed); k != errkind.Conflict && k != errkind.NotFound && k != errkind.Transient {
		return "", failed
	}
	now, _, err := u.s.head(ctx, object{Key: u.o.Key})
	if err != nil || now.Version == u.o.Version {
		return "", failed
	}
	f, err := u.s.Open(ctx, now)
	if err != nil {
		return "", failed
	}
	defer func() { _ = f.Close() }()
	sum, err := digestOf(f)
	if err != nil || sum != [32]byte(u.hash.Sum(nil)) {
		return "", failed
	}
	return now.ID, nil
}

// put makes the draft the object, and gives the id of the version that it is.
func (u *upload) put(ctx context.Context, condition *string) (id string, err error) {
	if u.id != "" {
		out, err := u.s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: &u.s.bucket, Key: &u.o.Key, UploadId: &u.id, IfMatch: condition, MultipartUpload: &types.CompletedMultipartUpload{Parts: u.parts},
		})
		if err != nil {
			return "", s3Fault(ctx, err, "write an object")
		}
		return aws.ToString(out.VersionId), nil
	}
	h := u.head
	out, err := u.s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &u.s.bucket, Key: &u.o.Key, Body: bytes.NewReader(u.buf), IfMatch: condition, Metadata: h.Metadata, ContentType: h.ContentType, CacheControl: h.CacheControl,
		ContentDisposition: h.ContentDisposition, ContentEncoding: h.ContentEncoding, ContentLanguage: h.ContentLanguage,
		Expires:                 h.Expires, //nolint:staticcheck // it can be put back in no other form
		WebsiteRedirectLocation: h.WebsiteRedirectLocation, StorageClass: h.StorageClass, ServerSideEncryption: h.ServerSideEncryption, SSEKMSKeyId: h.SSEKMSKeyId,
		BucketKeyEnabled: kmsOnly(h), Tagging: u.tagging(), ChecksumAlgorithm: u.sum,
	})
	if err != nil {
		return "", s3Fault(ctx, err, "write an object")
	}
	return aws.ToString(out.VersionId), nil
}

// removeBefore removes the version that was replaced, and any put in between that has the same bytes.
func (s *store) removeBefore(ctx context.Context, o object, now string) error {
	if now == "" {
		now = "null"
	}
	var before []object
	err := s.ofKey(ctx, o.Key, func(v object) error {
		if v.ID != now && v.Shell != shellMarker && (v.ID == o.ID || v.Old && etagOf(v) == etagOf(o)) {
			before = append(before, v)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, v := range before {
		if _, err := s.remove(ctx, v.Key, v.ID); err != nil {
			return err
		}
	}
	return nil
}

// remove removes a version for good, or without an id the object: where the bucket keeps versions that makes a marker, whose id it gives.
func (s *store) remove(ctx context.Context, key, id string) (marker string, err error) {
	in := &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key}
	if id != "" {
		in.VersionId = &id
	}
	out, err := s.client.DeleteObject(ctx, in)
	if err != nil {
		err = s3Fault(ctx, err, "remove an object")
		if k := errkind.Of(err); id != "" && (k == errkind.NotFound || k == errkind.Invalid) && s.lacks(ctx, key, id) {
			return id, nil // the answer to the first try did not arrive
		}
		return "", err
	}
	return aws.ToString(out.VersionId), nil
}

// lacks tells whether a version is surely not there.
func (s *store) lacks(ctx context.Context, key, id string) bool {
	there := false
	err := s.ofKey(ctx, key, func(o object) error {
		there = there || o.ID == id
		return nil
	})
	return err == nil && !there
}

// release gives back the memory of a draft.
func (u *upload) release() {
	u.s.held.Add(-u.held)
	u.held, u.buf = 0, nil
}

// Discard aborts an upload that was begun.
func (u *upload) Discard() {
	u.release()
	if u.id != "" {
		_, _ = u.s.client.AbortMultipartUpload(context.WithoutCancel(u.ctx), &s3.AbortMultipartUploadInput{Bucket: &u.s.bucket, Key: &u.o.Key, UploadId: &u.id})
		u.id = ""
	}
}

// Delete removes an object or an old version. An object over older versions is hidden by a marker before its bytes go, or the one before would come back.
func (s *store) Delete(ctx context.Context, o object) (note string, err error) {
	if !s.versioned {
		now, _, err := s.head(ctx, object{Key: o.Key})
		if err != nil {
			return "", err
		}
		if now.Version != o.Version {
			return "", changedMeanwhile()
		}
		_, err = s.remove(ctx, o.Key, "")
		return noteCompared, err
	}
	older, there := false, false
	err = s.ofKey(ctx, o.Key, func(v object) error {
		there = there || v.Version == o.Version && v.Old == o.Old
		older = older || v.ID != o.ID && v.Shell != shellMarker
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case !there:
		return "", changedMeanwhile()
	}
	if !o.Old && older {
		marker, err := s.remove(ctx, o.Key, "")
		if err != nil {
			return "", err
		}
		if marker == o.ID {
			return "", nil // versioning is suspended: the marker has taken its place
		}
	}
	if _, err := s.remove(ctx, o.Key, o.ID); err != nil {
		return "", err
	}
	return "", s.tidy(ctx, o.Key)
}

// tidy removes the markers of a key of which nothing else is left: they hide nothing, and the key may hold a value.
func (s *store) tidy(ctx context.Context, key string) error {
	var markers []object
	data := false
	err := s.ofKey(ctx, key, func(v object) error {
		if v.Shell == shellMarker {
			markers = append(markers, v)
		}
		data = data || v.Shell != shellMarker
		return nil
	})
	if err != nil || data {
		return err
	}
	for _, m := range markers {
		if _, err := s.remove(ctx, key, m.ID); err != nil {
			return err
		}
	}
	return nil
}

// ability is what the server lets a writer do.
type ability struct {
	conditional bool
	denied      []string // what the credentials do not allow
}

// ability tries, once and without harm, whether the server heeds a condition: a write to a new key that asks for another ETag is refused by one that
// does. One that does not has then made an empty object, which goes at once.
func (s *store) ability(ctx context.Context) (*ability, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.probed != nil {
		return s.probed, nil
	}
	a := &ability{}
	key := s.prefix + draftPrefix + strings.ToLower(rand.Text()) + draftSuffix
	out, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(nil), IfMatch: aws.String(`"00000000000000000000000000000000"`)})
	switch err = s3Fault(ctx, err, "try to write"); errkind.Of(err) {
	case errkind.NotFound, errkind.Conflict:
		a.conditional = true
	case errkind.Permission:
		a.denied = append(a.denied, "objects cannot be written (s3:PutObject)")
	case errkind.Unsupported, errkind.Invalid:
	default:
		if err != nil {
			return nil, err
		}
		if _, err := s.remove(ctx, key, aws.ToString(out.VersionId)); err != nil {
			return nil, err
		}
	}
	id, right := "", "s3:DeleteObject"
	if s.versioned {
		id, right = "null", "s3:DeleteObject, s3:DeleteObjectVersion"
	}
	switch _, err := s.remove(ctx, key, id); {
	case errkind.Of(err) == errkind.Permission:
		a.denied = append(a.denied, "objects cannot be removed ("+right+")")
	case errkind.Of(err) == errkind.Transient && err != nil, errkind.Of(err) == errkind.Canceled && err != nil:
		return nil, err
	}
	s.probed = a
	return a, nil
}
