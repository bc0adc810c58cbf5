package bucket

import (
	"context"
	"errors"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vestige/internal/errkind"
)

// List lists page by page, in the order of the keys' bytes; a page is all that is held.
func (s *store) List(ctx context.Context, prefix, after string, give func(object) error) error {
	own := func(o object) error {
		if isDraft(path.Base(o.Key)) || !strings.HasPrefix(o.Key, s.prefix) {
			return nil
		}
		return give(o)
	}
	if strings.HasPrefix(s.prefix, prefix) {
		prefix = s.prefix
	}
	if s.versioned {
		return s.listVersions(ctx, prefix, after, own)
	}
	return s.listCurrent(ctx, prefix, after, own)
}

func (s *store) listCurrent(ctx context.Context, prefix, after string, give func(object) error) error {
	in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix, EncodingType: types.EncodingTypeUrl}
	if after != "" {
		in.StartAfter = &after
	}
	for {
		out, err := s.client.ListObjectsV2(ctx, in)
		if err != nil {
			return s3Fault(ctx, err, "list the bucket")
		}
		for i := range out.Contents {
			c := &out.Contents[i]
			o := object{Key: plainKey(c.Key, out.EncodingType), Size: aws.ToInt64(c.Size), Version: version(c.ETag, "")}
			o.Shell = shellOf(o.Size, string(c.StorageClass), c.RestoreStatus)
			if err := giveOne(ctx, o, give); err != nil {
				return err
			}
		}
		if !aws.ToBool(out.IsTruncated) || aws.ToString(out.NextContinuationToken) == "" {
			return nil
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

func giveOne(ctx context.Context, o object, give func(object) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return give(o)
}

// plainKey takes the encoding from a key, in which a listing can hold what XML cannot.
func plainKey(key *string, encoding types.EncodingType) string {
	k := aws.ToString(key)
	if encoding == types.EncodingTypeUrl {
		if plain, err := url.QueryUnescape(k); err == nil {
			return plain
		}
	}
	return k
}

// version says what bytes an object has: its ETag, and where there are versions the id of this one.
func version(etag *string, id string) string { return aws.ToString(etag) + "@" + id }

// etagOf gives the ETag that is in a version.
func etagOf(o object) string {
	etag, _, _ := strings.Cut(o.Version, "@")
	return etag
}

func shellOf(size int64, class string, restored *types.RestoreStatus) string {
	switch {
	case archived(class) && (restored == nil || restored.RestoreExpiryDate == nil):
		return shellArchived
	case size == 0:
		return shellEmpty
	}
	return ""
}

// history gives the versions of keys as a listing has them: of a key the newest first. Delete markers are given only for a key of which nothing
// else is left, and then once: others go with the last version that they hide.
type history struct {
	give   func(object) error
	key    string
	data   bool   // the key has a version that is no marker
	marker object // the newest of its markers
}

func (h *history) next(ctx context.Context, o object) error {
	if o.Key != h.key {
		if err := h.end(); err != nil {
			return err
		}
		h.key, h.data, h.marker = o.Key, false, object{}
	}
	if o.Shell == shellMarker {
		if h.marker.Key == "" {
			h.marker = o
		}
		return nil
	}
	h.data = true
	return giveOne(ctx, o, h.give)
}

func (h *history) end() error {
	if h.marker.Key == "" || h.data {
		return nil
	}
	return h.give(h.marker)
}

func (s *store) listVersions(ctx context.Context, prefix, after string, give func(object) error) error {
	h := &history{give: give}
	err := s.versions(ctx, prefix, after, func(o object) error { return h.next(ctx, o) })
	if err != nil {
		return err
	}
	return h.end()
}

// versions lists all versions and markers.
func (s *store) versions(ctx context.Context, prefix, after string, give func(object) error) error {
	in := &s3.ListObjectVersionsInput{Bucket: &s.bucket, Prefix: &prefix, EncodingType: types.EncodingTypeUrl}
	if after != "" {
		in.KeyMarker = &after
	}
	for {
		out, err := s.client.ListObjectVersions(ctx, in)
		if err != nil {
			return s3Fault(ctx, err, "list the bucket's versions")
		}
		for _, o := range pageOf(out) {
			if err := giveOne(ctx, o, give); err != nil {
				return err
			}
		}
		if !aws.ToBool(out.IsTruncated) || aws.ToString(out.NextKeyMarker) == "" {
			return nil
		}
		marker := plainKey(out.NextKeyMarker, out.EncodingType)
		in.KeyMarker, in.VersionIdMarker = &marker, out.NextVersionIdMarker
	}
}

// pageOf gives the entries of a page in the order of keys. Versions and markers come apart, each in the order that the server has.
func pageOf(out *s3.ListObjectVersionsOutput) []object {
	page := make([]object, 0, len(out.Versions)+len(out.DeleteMarkers))
	for i := range out.Versions {
		v := &out.Versions[i]
		o := object{Key: plainKey(v.Key, out.EncodingType), Size: aws.ToInt64(v.Size), ID: aws.ToString(v.VersionId), Old: !aws.ToBool(v.IsLatest)}
		o.Version = version(v.ETag, o.ID)
		o.Shell = shellOf(o.Size, string(v.StorageClass), v.RestoreStatus)
		page = append(page, o)
	}
	for i := range out.DeleteMarkers {
		m := &out.DeleteMarkers[i]
		o := object{Key: plainKey(m.Key, out.EncodingType), ID: aws.ToString(m.VersionId), Old: true, Shell: shellMarker}
		o.Version = version(nil, o.ID)
		page = append(page, o)
	}
	slices.SortStableFunc(page, func(a, b object) int { return strings.Compare(a.Key, b.Key) })
	return page
}

// errOther ends a listing behind the key that it is about.
var errOther = errors.New("another key")

// ofKey gives all versions and markers of one key.
func (s *store) ofKey(ctx context.Context, key string, give func(object) error) error {
	err := s.versions(ctx, key, "", func(o object) error {
		switch {
		case o.Key == key:
			return give(o)
		case o.Key > key:
			return errOther
		}
		return nil
	})
	if errors.Is(err, errOther) {
		return nil
	}
	return err
}

// Each asks for the objects one by one.
func (s *store) Each(ctx context.Context, keys []string, give func(object) error) error {
	for _, key := range slices.Sorted(slices.Values(keys)) {
		if !strings.HasPrefix(key, s.prefix) || isDraft(path.Base(key)) {
			continue
		}
		if s.versioned {
			h := &history{give: give}
			err := s.ofKey(ctx, key, func(o object) error { return h.next(ctx, o) })
			if err == nil {
				err = h.end()
			}
			if err != nil {
				return err
			}
			continue
		}
		o, _, err := s.head(ctx, object{Key: key})
		if errkind.Of(err) == errkind.NotFound && err != nil {
			continue
		}
		if err != nil {
			return err
		}
		if err := giveOne(ctx, o, give); err != nil {
			return err
		}
	}
	return nil
}

// head asks what the store knows of an object.
func (s *store) head(ctx context.Context, o object) (object, *s3.HeadObjectOutput, error) {
	in := &s3.HeadObjectInput{Bucket: &s.bucket, Key: &o.Key, ChecksumMode: types.ChecksumModeEnabled}
	if o.ID != "" && (o.Old || o.ID != "null") { // some servers do not know a current version by the id null
		in.VersionId = &o.ID
	}
	out, err := s.client.HeadObject(ctx, in)
	if err != nil {
		return object{}, nil, s3Fault(ctx, err, "look at an object")
	}
	now := object{Key: o.Key, Size: aws.ToInt64(out.ContentLength), Old: o.Old}
	if s.versioned {
		if now.ID = aws.ToString(out.VersionId); now.ID == "" {
			now.ID = "null"
		}
	}
	now.Version = version(out.ETag, now.ID)
	now.Shell = shellOf(now.Size, string(out.StorageClass), nil)
	if now.Shell == shellArchived && strings.Contains(aws.ToString(out.Restore), `ongoing-request="false"`) {
		now.Shell = ""
	}
	return now, out, nil
}
