package bucket

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"vestige/connectors"
	"vestige/internal/errkind"
)

const (
	attempts = 4                      // of one request
	longest  = 5 * time.Second        // between two of them
	shortest = 200 * time.Millisecond // between the first two, where the line is bad
	crowded  = time.Second            // between the first two, where the server asks for patience
)

// usualSilence is how long a server may say nothing.
const usualSilence = 45 * time.Second

// The codes of what a store says.
const (
	codeNoAnswer = "no-answer"      // not of one object, but of the store
	faultSealed  = "customer-key"   // encrypted with a key that the store does not keep
	codeChanged  = "object-changed" // it is not the object that was listed
)

// store is a bucket on a server that speaks S3.
type store struct {
	client    *s3.Client
	transport *http.Transport
	bucket    string
	prefix    string
	versioned bool // versioning is on, or was: objects have version ids
	locking   bool // Object Lock is on
	unseen    bool // whether there are versions cannot be seen
	held      atomic.Int64
	tagsSeen  atomic.Bool   // tags were read, or may not be: nobody needs to try again
	tagsShut  atomic.Bool   // they may not be
	silence   time.Duration // a connection over which nothing has gone for so long is given up

	mu     sync.Mutex
	probed *ability // what the server can do for a writer, nil before it was tried
}

// s3Options are those of a bucket on a server.
var s3Options = []string{"prefix", "endpoint", "region", "access_key", "secret_key", "path_style", "timeout"}

func openStore(ctx context.Context, cfg connectors.Config) (*store, error) {
	silence := usualSilence
	if v := cfg["timeout"]; v.Len() > 0 {
		var err error
		if silence, err = time.ParseDuration(v.Reveal()); err != nil || silence <= 0 {
			return nil, errkind.New(errkind.Invalid, `the option "timeout" is a duration: 45s`)
		}
	}
	options := []func(*config.LoadOptions) error{
		config.WithRegion(cfg["region"].Reveal()),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.Backoff = attempts, pause(silence) })
		}),
	}
	if access := cfg["access_key"].Reveal(); access != "" {
		options = append(options, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(access, cfg["secret_key"].Reveal(), "")))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, errkind.New(errkind.Invalid, "the settings for S3 that stand in the environment are not valid")
	}
	if loaded.Region == "" {
		loaded.Region = "us-east-1"
	}
	transport, client := clientOf(loaded, silence)
	s := &store{silence: silence, transport: transport, bucket: cfg["bucket"].Reveal(), prefix: cfg["prefix"].Reveal()}
	s.client = s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.HTTPClient, o.Logger = client, logging.Nop{}
		endpoint := cfg["endpoint"].Reveal()
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
		o.UsePathStyle = endpoint != ""
		if v := cfg["path_style"]; v.Len() > 0 {
			o.UsePathStyle = v.Reveal() == "true"
		}
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	if err := s.look(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// clientOf gives a client of our own patience, with the authorities that the environment names.
func clientOf(loaded aws.Config, silence time.Duration) (*http.Transport, *http.Client) {
	transport := awshttp.NewBuildableClient().GetTransport()
	if b, ok := loaded.HTTPClient.(*awshttp.BuildableClient); ok {
		transport = b.GetTransport()
	}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, network, address, silence)
	}
	transport.IdleConnTimeout = silence / 2
	transport.MaxIdleConnsPerHost = 16
	return transport, &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// pause is how long is waited between two attempts: each time up to twice as long, and never longer than fits the patience of the source.
type pause time.Duration

// BackoffDelay gives a part of the time by chance, so that many who were cut off together do not come back together.
func (p pause) BackoffDelay(attempt int, err error) (time.Duration, error) {
	first := shortest
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && (response.HTTPStatusCode() == http.StatusServiceUnavailable || response.HTTPStatusCode() == http.StatusTooManyRequests) {
		first = crowded
	}
	most := min(first<<min(max(attempt-1, 0), attempts), longest, time.Duration(p)/4)
	return most/2 + rand.N(most/2+1), nil
}

// look asks whether the bucket has versions. Where that may not be asked, listing them tells.
func (s *store) look(ctx context.Context) error {
	out, err := s.client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &s.bucket})
	if err == nil {
		if s.versioned = out.Status != ""; !s.versioned {
			return nil
		}
		lock, err := s.client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: &s.bucket})
		s.locking = err == nil && lock.ObjectLockConfiguration != nil && lock.ObjectLockConfiguration.ObjectLockEnabled != ""
	}
	err = s3Fault(ctx, err, "ask for the bucket's versioning")
	if k := errkind.Of(err); err != nil && k != errkind.Permission && k != errkind.Unsupported {
		return err
	}
	_, listErr := s.client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &s.bucket, Prefix: &s.prefix, MaxKeys: aws.Int32(1)})
	switch listErr = s3Fault(ctx, listErr, "list the bucket's versions"); {
	case listErr == nil:
		s.versioned = true
		return nil
	case errkind.Of(listErr) == errkind.Unsupported && err != nil:
		return nil
	case errkind.Of(listErr) != errkind.Permission:
		return listErr
	}
	_, err = s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix, MaxKeys: aws.Int32(1)})
	s.unseen, s.versioned = true, false
	return s3Fault(ctx, err, "list the bucket")
}

// dial makes connections that are closed when nothing goes over them: a server that has gone without a word holds nobody up.
func dial(ctx context.Context, network, address string, silence time.Duration) (net.Conn, error) {
	d := net.Dialer{Timeout: min(10*time.Second, silence), KeepAlive: 15 * time.Second}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &patient{Conn: c, silence: silence, timer: time.AfterFunc(silence, func() { _ = c.Close() })}, nil
}

// patient is a connection with an end to its patience.
type patient struct {
	net.Conn
	silence time.Duration
	timer   *time.Timer
}

// Read reads, and what comes is a sign of life.
func (p *patient) Read(b []byte) (int, error) {
	p.timer.Reset(p.silence)
	return p.Conn.Read(b)
}

// Write writes in pieces, so that a slow line shows that it lives.
func (p *patient) Write(b []byte) (n int, err error) {
	for len(b) > 0 && err == nil {
		p.timer.Reset(p.silence)
		var k int
		k, err = p.Conn.Write(b[:min(len(b), 16<<10)])
		n, b = n+k, b[k:]
	}
	return n, err
}

// Close closes.
func (p *patient) Close() error {
	p.timer.Stop()
	return p.Conn.Close()
}

// Close lets the connections go.
func (s *store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

var plainCode = regexp.MustCompile(`^[A-Za-z0-9.]{1,64}$`)

// s3Fault gives an error of the server a kind. Only its code is kept: messages hold keys, and keys hold values.
func s3Fault(ctx context.Context, err error, doing string) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errkind.Of(err) != errkind.Internal {
		return err
	}
	code, status := "", 0
	var api smithy.APIError
	if errors.As(err, &api) && plainCode.MatchString(api.ErrorCode()) {
		code = api.ErrorCode()
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	if status < http.StatusMultipleChoices && code == "" { // none, or one that breaks off
		return errkind.Coded(errkind.Transient, codeNoAnswer, "%s: the server does not answer", doing)
	}
	kind, own := kindOf(code, status)
	if own == "" {
		own = code
	}
	return errkind.Coded(kind, own, "%s: the server answers %d %s", doing, status, code)
}

// kindOf gives the kind of an answer, and our own code where there is one.
func kindOf(code string, status int) (errkind.Kind, string) {
	switch code {
	case "InvalidObjectState":
		return errkind.Unsupported, shellArchived
	case "PreconditionFailed", "ConditionalRequestConflict", "OperationAborted":
		return errkind.Conflict, codeChanged
	case "RequestTimeout", "SlowDown", "RequestTimeTooSkewed":
		return errkind.Transient, codeNoAnswer
	case "NotImplemented", "MethodNotAllowed":
		return errkind.Unsupported, ""
	case "InvalidRequest", "ServerSideEncryptionConfigurationNotFoundError":
		return errkind.Unsupported, ""
	}
	switch {
	case strings.HasPrefix(code, "NoSuch"), status == http.StatusNotFound:
		return errkind.NotFound, ""
	case status == http.StatusForbidden, status == http.StatusUnauthorized:
		return errkind.Permission, ""
	case status == http.StatusPreconditionFailed, status == http.StatusConflict:
		return errkind.Conflict, codeChanged
	case status >= http.StatusInternalServerError, status == http.StatusTooManyRequests:
		return errkind.Transient, codeNoAnswer
	case status == http.StatusNotImplemented:
		return errkind.Unsupported, ""
	}
	return errkind.Invalid, ""
}

// archived tells whether a storage class has to be restored before it can be read.
func archived(class string) bool {
	return class == string(types.StorageClassGlacier) || class == string(types.StorageClassDeepArchive)
}
