package testenv

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Bucket is an empty bucket on the S3 server of this test binary, with the keys of the server's administrator.
type Bucket struct {
	Endpoint, Region, AccessKey, SecretKey, Name string
	Data                                         string // the server's own folder, with its objects and their versions as files

	Client *s3.Client
}

// BucketKind says what a bucket is made with.
type BucketKind uint8

// The kinds of bucket.
const (
	Unversioned BucketKind = iota
	Versioned
	Locking // versioned, and with Object Lock
)

// gateway is the versitygw of this test binary. It ends with the binary, as the other servers do.
type gateway struct {
	once           sync.Once
	port           int
	access, secret string
	program, data  string
	err            error
	next           atomic.Int64
	keep           *keep
}

var sharedGateway gateway

// S3 gives a new bucket of the kind on an S3 server of this test binary's own.
func S3(t testing.TB, kind BucketKind) Bucket {
	t.Helper()
	g := &sharedGateway
	program := program("versitygw", filepath.Join(serversFolder(), "bin"))
	if program == "" {
		MustRun(t, "versitygw")
	}
	g.once.Do(func() { g.program = program; g.err = g.start() })
	if g.err != nil {
		t.Fatalf("start versitygw: %v", g.err)
	}
	b := Bucket{Endpoint: g.endpoint(), Region: "us-east-1", AccessKey: g.access, SecretKey: g.secret, Data: g.data, Name: fmt.Sprintf("bucket-%d", g.next.Add(1))}
	b.Client = b.As(g.access, g.secret)
	in := &s3.CreateBucketInput{Bucket: &b.Name, ObjectOwnership: types.ObjectOwnershipBucketOwnerPreferred}
	if kind == Locking {
		in.ObjectLockEnabledForBucket = aws.Bool(true)
	}
	if _, err := b.Client.CreateBucket(t.Context(), in); err != nil {
		t.Fatalf("create a bucket: %v", err)
	}
	if kind == Versioned {
		b.Versioning(t, types.BucketVersioningStatusEnabled)
	}
	return b
}

// Versioning turns the bucket's versioning on, or suspends it.
func (b Bucket) Versioning(t testing.TB, status types.BucketVersioningStatus) {
	t.Helper()
	in := &s3.PutBucketVersioningInput{Bucket: &b.Name, VersioningConfiguration: &types.VersioningConfiguration{Status: status}}
	if _, err := b.Client.PutBucketVersioning(t.Context(), in); err != nil {
		t.Fatalf("versioning of a bucket: %v", err)
	}
}

// As gives a client with other keys.
func (b Bucket) As(access, secret string) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &b.Endpoint, Region: b.Region, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider(access, secret, ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
}

// User makes a user of the server who may do nothing yet.
func (b Bucket) User(t testing.TB, name string) (access, secret string) {
	t.Helper()
	g := &sharedGateway
	access, secret = fmt.Sprintf("%s-%d", name, g.next.Add(1)), strings.ToLower(rand.Text())
	cmd := exec.CommandContext(t.Context(), g.program, "admin", "--access", g.access, "--secret", g.secret, "--endpoint-url", b.Endpoint,
		"create-user", "--access", access, "--secret", secret, "--role", "user")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("create a user: %v: %s", err, out)
	}
	return access, secret
}

func (g *gateway) endpoint() string { return fmt.Sprintf("http://127.0.0.1:%d", g.port) }

// start tries anew where another process takes the port between the look and the start.
func (g *gateway) start() (err error) {
	for range 3 {
		if err = g.attempt(); err == nil {
			return nil
		}
	}
	return err
}

func (g *gateway) attempt() error {
	dir, err := os.MkdirTemp("", "vestige-s3-")
	if err != nil {
		return err
	}
	for _, name := range []string{"data", "versions", "iam"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			return err
		}
	}
	g.data = dir
	g.access, g.secret = "tester", strings.ToLower(rand.Text())
	if g.port, err = freePort(); err != nil {
		return err
	}
	cmd := exec.Command("/bin/sh", "-c", keeper(), "keeper", g.program, "--port", "127.0.0.1:"+strconv.Itoa(g.port), "--quiet", "--keep-alive",
		"--iam-dir", filepath.Join(dir, "iam"), "posix", "--versioning-dir", filepath.Join(dir, "versions"), filepath.Join(dir, "data"))
	cmd.Env = append(os.Environ(), "KEEP="+dir, "ROOT_ACCESS_KEY="+g.access, "ROOT_SECRET_KEY="+g.secret)
	g.keep, err = hold(cmd, dir, g.ready)
	return err
}

func (g *gateway) ready(k *keep) error {
	var d net.Dialer
	return k.until(200, 20*time.Millisecond, func() error {
		c, err := d.DialContext(context.Background(), "tcp", fmt.Sprintf("127.0.0.1:%d", g.port))
		if err == nil {
			err = c.Close()
		}
		return err
	})
}
