package bucket

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// The datasets that stand for what of a bucket cannot be seen.
const (
	uploadsName = "{uploads}"
	unseenName  = "{versions}"
)

// faultUpload is the gap of uploads that were never finished: their parts lie in the bucket, and nobody can read them.
const faultUpload = "unfinished-upload"

// abandoned is the age from which an unfinished upload is nobody's work any more.
const abandoned = 24 * time.Hour

// Prune does nothing: folders are only parts of keys.
func (s *store) Prune(context.Context, []string) {}

// Clean does nothing: what a crash has left behind is an unfinished upload, and another's looks the same. A purge knows them by their age.
func (s *store) Clean(context.Context) error { return nil }

// Obstacles looks at locks and privileges.
func (s *store) Obstacles(ctx context.Context, o object, _ int64) (out []pii.Finding, err error) {
	able, err := s.ability(ctx)
	if err != nil {
		return nil, err
	}
	for _, text := range able.denied {
		out = append(out, pii.Finding{Code: connectors.FindingPrivilege, Text: text, Blocking: true})
	}
	if s.unseen {
		out = append(out, pii.Finding{Code: connectors.FindingPrivilege, Text: "whether the bucket keeps old versions cannot be seen (s3:GetBucketVersioning, s3:ListBucketVersions)", Blocking: true})
	}
	if o.Shell == shellMarker {
		return out, nil
	}
	_, head, err := s.head(ctx, o)
	if err != nil {
		return out, err
	}
	if until := lockText(head.ObjectLockMode, head.ObjectLockRetainUntilDate, head.ObjectLockLegalHoldStatus); until != "" && !lockOver(head) {
		out = append(out, pii.Finding{Code: findingLock, Text: "an object is locked " + until, Records: 1, Blocking: true})
	}
	if _, err := s.tags(ctx, o, head); errkind.Of(err) == errkind.Permission && err != nil && !o.Old {
		out = append(out, pii.Finding{Code: connectors.FindingPrivilege, Text: "an object's tags cannot be read, and would be lost (s3:GetObjectTagging)", Blocking: true})
	}
	return out, nil
}

// lockOver tells whether a lock is over.
func lockOver(h *s3.HeadObjectOutput) bool {
	return h.ObjectLockLegalHoldStatus != types.ObjectLockLegalHoldStatusOn && h.ObjectLockRetainUntilDate != nil && h.ObjectLockRetainUntilDate.Before(clock.Now())
}

// Gaps looks for unfinished uploads and unseen versions.
func (s *store) Gaps(ctx context.Context) (map[string]pii.Gap, error) {
	out := map[string]pii.Gap{}
	if s.unseen {
		out[unseenName] = pii.Gap{Code: faultPermission, Text: "there is no permission to see whether the bucket keeps old versions", Records: -1}
	}
	n := int64(0)
	oldest := clock.Now()
	err := s.uploads(ctx, func(u types.MultipartUpload) error {
		n++
		if u.Initiated != nil && u.Initiated.Before(oldest) {
			oldest = *u.Initiated
		}
		return nil
	})
	switch k := errkind.Of(err); {
	case err != nil && k == errkind.Permission:
		out[uploadsName] = pii.Gap{Code: faultPermission, Text: "there is no permission to list unfinished uploads", Records: -1}
	case err != nil && k != errkind.Unsupported:
		return nil, err
	case n > 0:
		text := fmt.Sprintf("%d uploads were begun and not finished, the oldest on %s; their parts cannot be read", n, oldest.UTC().Format(time.DateOnly))
		out[uploadsName] = pii.Gap{Code: faultUpload, Text: text, Records: -1}
	}
	return out, nil
}

// uploads lists the unfinished uploads.
func (s *store) uploads(ctx context.Context, give func(types.MultipartUpload) error) error {
	in := &s3.ListMultipartUploadsInput{Bucket: &s.bucket, Prefix: &s.prefix, EncodingType: types.EncodingTypeUrl}
	for {
		out, err := s.client.ListMultipartUploads(ctx, in)
		if err != nil {
			return s3Fault(ctx, err, "list unfinished uploads")
		}
		for _, u := range out.Uploads {
			u.Key = aws.String(plainKey(u.Key, out.EncodingType))
			if err := give(u); err != nil {
				return err
			}
		}
		if !aws.ToBool(out.IsTruncated) || aws.ToString(out.NextKeyMarker) == "" {
			return nil
		}
		in.KeyMarker, in.UploadIdMarker = aws.String(plainKey(out.NextKeyMarker, out.EncodingType)), out.NextUploadIdMarker
	}
}

// Purge aborts the uploads that were begun more than a day ago.
func (s *store) Purge(ctx context.Context) (removed int64, err error) {
	var old []types.MultipartUpload
	limit := clock.Now().Add(-abandoned)
	err = s.uploads(ctx, func(u types.MultipartUpload) error {
		if u.Initiated != nil && u.Initiated.Before(limit) {
			old = append(old, u)
		}
		return nil
	})
	if errkind.Of(err) == errkind.Unsupported && err != nil {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, u := range old {
		_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: u.Key, UploadId: u.UploadId})
		if err = s3Fault(ctx, err, "abort an unfinished upload"); err != nil && errkind.Of(err) != errkind.NotFound {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// Rungs says what remains of an object's old bytes.
func (s *store) Rungs() []connectors.Rung {
	versions := connectors.Rung{Name: "versions", Reached: "by-erase", Text: "the bucket keeps no old versions"}
	switch {
	case s.versioned:
		versions.Text = "old versions that hold the records are removed by their ids; a version under Object Lock stays until its end"
	case s.unseen:
		versions.Reached, versions.Text = "unknown", "whether the bucket keeps old versions cannot be seen"
	}
	return []connectors.Rung{
		{Name: "logical", Reached: "by-erase", Text: "the object no longer holds the records"},
		{Name: "physical", Reached: "unknown", Text: "what the service keeps of removed bytes cannot be seen from here"},
		versions,
		{Name: "backups", Reached: "unknown", Text: "replicas in other buckets, inventories and backups are outside of the connector"},
	}
}
