package bucket_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vestige/connectors"
	"vestige/connectors/bucket"
	"vestige/connectors/connectortest"
	"vestige/internal/testenv"
	"vestige/pii"
)

// config is how a source reaches the bucket.
func config(b testenv.Bucket) connectors.Config {
	return connectors.Config{
		"bucket": pii.NewValue(b.Name), "endpoint": pii.NewValue(b.Endpoint), "access_key": pii.NewValue(b.AccessKey), "secret_key": pii.NewValue(b.SecretKey),
	}
}

func remote(t testing.TB, cfg connectors.Config) *connectors.Source {
	t.Helper()
	s, err := connectors.Open(t.Context(), connectors.Env{Log: slog.New(slog.DiscardHandler)}, "files", bucket.Spec(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func upload(t testing.TB, b testenv.Bucket, key string, body []byte, more ...func(*s3.PutObjectInput)) string {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: &b.Name, Key: &key, Body: bytes.NewReader(body)}
	for _, f := range more {
		f(in)
	}
	out, err := b.Client.PutObject(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if out.VersionId == nil {
		return ""
	}
	return *out.VersionId
}

// download gives an object's bytes; nil where there is none.
func download(t testing.TB, b testenv.Bucket, key string) ([]byte, *s3.GetObjectOutput) {
	t.Helper()
	out, err := b.Client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &b.Name, Key: &key})
	var none *types.NoSuchKey
	if errors.As(err, &none) {
		return nil, nil
	} else if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Body.Close() }()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body, out
}

// onServer puts a fixture into a bucket on a server.
func onServer(t *testing.T, f connectortest.Fixture, kind testenv.BucketKind, ext string, lacks []connectortest.Need, write func(connectortest.Dataset) []byte,
	read func(*testing.T, connectortest.Dataset, []byte) []connectortest.Row) connectortest.System {
	t.Helper()
	b := testenv.S3(t, kind)
	s := system(t, f, ext, lacks, write, read)
	at := func(name string) string { return name + "/" + name + ext }
	for _, d := range f.Datasets {
		upload(t, b, at(d.Name), write(d))
	}
	s.Config, s.Absent, s.AbsentKind, s.Denied = config(b), config(b), "", config(b)
	s.Absent["endpoint"], s.Denied["secret_key"] = pii.NewValue("http://127.0.0.1:9"), pii.NewValue("not-the-secret-of-the-key")
	s.Server, s.NetworkLimit = strings.TrimPrefix(b.Endpoint, "http://"), 20*time.Second
	s.Proxied = func(addr string) connectors.Config {
		cfg := config(b)
		cfg["endpoint"], cfg["timeout"] = pii.NewValue("http://"+addr), pii.NewValue("1s")
		return cfg
	}
	if slices.ContainsFunc(f.Datasets, func(d connectortest.Dataset) bool { return d.Name == connectortest.ForbiddenName }) {
		s.Limited = limited(t, b, "accounts/")
	}
	s.Break = func(t *testing.T, name string) {
		t.Helper()
		upload(t, b, at(name), append(write(f.Datasets[0]), broken...))
	}
	s.Peek = func(t *testing.T) connectortest.Content {
		t.Helper()
		out := connectortest.Content{}
		for _, d := range f.Datasets {
			body, _ := download(t, b, at(d.Name))
			out[d.Name] = read(t, d, body)
		}
		return out
	}
	return s
}

// limited gives the configuration of a user who may do everything that the documentation asks for, below a prefix.
func limited(t *testing.T, b testenv.Bucket, prefix string) connectors.Config {
	t.Helper()
	access, secret := b.User(t, "limited")
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["%[1]s"]},"Action":["s3:ListBucket","s3:ListBucketVersions",
		"s3:GetBucketVersioning","s3:GetBucketObjectLockConfiguration","s3:ListBucketMultipartUploads"],"Resource":"arn:aws:s3:::%[2]s"},
		{"Effect":"Allow","Principal":{"AWS":["%[1]s"]},"Action":["s3:GetObject","s3:GetObjectVersion","s3:GetObjectRetention","s3:GetObjectLegalHold","s3:PutObject","s3:DeleteObject",
		"s3:DeleteObjectVersion","s3:GetObjectTagging","s3:GetObjectVersionTagging","s3:PutObjectTagging","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Resource":"arn:aws:s3:::%[2]s/%[3]s*"}]}`,
		access, b.Name, prefix)
	if _, err := b.Client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &b.Name, Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	cfg := config(b)
	cfg["access_key"], cfg["secret_key"] = pii.NewValue(access), pii.NewValue(secret)
	return cfg
}

func TestConnectorOnS3(t *testing.T) {
	connectortest.Run(t, func(t *testing.T, f connectortest.Fixture) connectortest.System {
		t.Helper()
		return onServer(t, f, testenv.Unversioned, ".ndjson", []connectortest.Need{connectortest.NeedEmpty, connectortest.NeedType(pii.JSON)}, writeLines, readLines)
	})
}

func TestConnectorOnS3WithVersions(t *testing.T) {
	connectortest.Run(t, func(t *testing.T, f connectortest.Fixture) connectortest.System {
		t.Helper()
		return onServer(t, f, testenv.Versioned, ".csv", nil, writeRows, readRows)
	})
}
