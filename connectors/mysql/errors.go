package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"

	client "github.com/go-sql-driver/mysql"

	"vestige/internal/errkind"
)

func kindIn(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil && err != nil {
		return ended
	}
	return kind(err)
}

// kind gives an error its kind and a text of our own: the server's quotes values ("Duplicate entry 'ann@example.com'"), and names that hold some.
func kind(err error) error {
	var me *client.MySQLError
	var coded *errkind.Error
	var unknown x509.UnknownAuthorityError
	var other x509.HostnameError
	var alert *tls.CertificateVerificationError
	switch {
	case err == nil, errors.As(err, &coded), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &unknown), errors.As(err, &other), errors.As(err, &alert):
		return errkind.Coded(errkind.Permission, "certificate", "the server's certificate is not one that may be trusted")
	case errors.Is(err, client.ErrNoTLS):
		return errkind.Coded(errkind.Permission, "no-tls", "the server does not encrypt connections")
	case errors.Is(err, client.ErrCleartextPassword), errors.Is(err, client.ErrNativePassword), errors.Is(err, client.ErrOldPassword), errors.Is(err, client.ErrUnknownPlugin):
		return errkind.Coded(errkind.Permission, "authentication", "the server asks for a way to authenticate that is not supported")
	case !errors.As(err, &me):
		return errkind.Coded(errkind.Transient, "connection", "the connection to the server failed")
	}
	for _, r := range results {
		if slices.Contains(r.numbers, me.Number) {
			return errkind.Coded(r.kind, r.code, "%s (error %d)", r.text, me.Number)
		}
	}
	return errkind.New(errkind.Internal, "the server refuses a statement (error %d)", me.Number)
}

// results are the servers' numbers of errors.
var results = []struct {
	kind    errkind.Kind
	code    string
	text    string
	numbers []uint16
}{
	{errkind.Permission, "permission", "the credentials do not allow it", []uint16{1044, 1045, 1095, 1130, 1131, 1133, 1142, 1143, 1227, 1251, 1345, 1370, 1698, 1820, 1862, 3118, 3879, 4151}},
	{errkind.Permission, "not-writable", "the server may not be written to", []uint16{1290, 1792, 1836}},
	{errkind.NotFound, "no-such-dataset", "a table does not exist", []uint16{1049, 1051, 1109, 1146}},
	{errkind.NotFound, "no-such-field", "a column does not exist", []uint16{1054}},
	{errkind.Unsupported, "invalid-view", "the view refers to what is not there or may not be read", []uint16{1356, 1449, 1305}},
	{errkind.Conflict, "unique", "another record has the same unique values", []uint16{1022, 1062, 1169, 1586, 1859}},
	{errkind.Conflict, "not-null", "a column may not be NULL", []uint16{1048, 1263, 1364, 1566}},
	{errkind.Conflict, "referred-to", "other records refer to the record, or it would refer to none", []uint16{1216, 1217, 1451, 1452, 1761, 1762}},
	{errkind.Conflict, "check", "a CHECK constraint does not hold", []uint16{3819, 4025, 1369}},
	{errkind.Conflict, "trigger", "a trigger refuses the change", []uint16{1442, 1643, 1644}},
	{errkind.Conflict, "type", "a value does not fit the column's type", []uint16{1264, 1265, 1292, 1300, 1366, 1367, 1406, 1411, 1416, 1525, 1690, 1748, 3140, 3141, 3819, 3854, 3988, 4078}},
	{errkind.Transient, "deadlock", "another transaction was given way to", []uint16{1020, 1213, 1479, 1614}},
	{errkind.Transient, "locked", "another transaction holds a lock", []uint16{1099, 1100, 1205, 1206, 1223, 3572}},
	{errkind.Transient, "time-limit", "the statement took longer than it may", []uint16{1969, 3024}},
	{errkind.Transient, "no-space", "the server's disk or memory is full", []uint16{1021, 1037, 1038, 1041, 1114, 3}},
	{errkind.Transient, "connection", "the server ends the connection", []uint16{1040, 1053, 1077, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1927, 4031}},
	{errkind.Transient, "interrupted", "the statement was stopped", []uint16{1317}},
	{errkind.Transient, "schema-changed", "the table's definition has changed", []uint16{1412, 1615}},
	{errkind.Invalid, "too-large", "a value is larger than the server takes", []uint16{1153, 1162, 1301}},
	{errkind.Invalid, "corrupt", "the table is damaged", []uint16{1033, 1034, 1035, 1127, 1194, 1195, 1712, 1812, 1877, 1932, 126, 127, 134, 144, 145, 180}},
	{errkind.Unsupported, "unsupported", "the server cannot do it", []uint16{1031, 1036, 1178, 1235, 1286, 1289, 1288, 1348, 1471}},
}

// collation tells whether a text could not be compared since the column's character set has no way to write it.
func collation(err error) bool {
	var me *errkind.Error
	return errors.As(err, &me) && slices.Contains(mixed, me.Text)
}

// mixed are the texts of errors that a comparison of two character sets gives.
var mixed = []string{"the server refuses a statement (error 1267)", "the server refuses a statement (error 1270)", "the server refuses a statement (error 1271)", "a value does not fit the column's type (error 3854)", "a value does not fit the column's type (error 3988)"}
