package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
)

// secure sets up encryption. Where a password goes to a server that asks for caching_sha2_password, it goes encrypted in any case: by TLS, or by the server's public key.
func (d *Driver) secure(cfg connectors.Config) error {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	switch strings.ToLower(cfg["tls"].Reveal()) {
	case "off":
		return nil
	case "preferred":
		d.cfg.AllowFallbackToPlaintext, config.InsecureSkipVerify = true, true
	case "required":
		config.InsecureSkipVerify = true
	case "verify":
		if host, _, err := net.SplitHostPort(d.cfg.Addr); err == nil {
			config.ServerName = host
		}
		if err := d.authorities(config, cfg["tls_ca"].Reveal()); err != nil {
			return err
		}
	default:
		return errkind.New(errkind.Invalid, "tls is off, preferred, required or verify")
	}
	d.cfg.TLS = config
	return nil
}

func (d *Driver) authorities(config *tls.Config, path string) error {
	if path == "" {
		return nil
	}
	if !filepath.IsAbs(path) && d.env.Base != "" {
		path = filepath.Join(d.env.Base, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return errkind.New(errkind.Invalid, "the file of tls_ca cannot be read")
	}
	if config.RootCAs = x509.NewCertPool(); !config.RootCAs.AppendCertsFromPEM(text) {
		return errkind.New(errkind.Invalid, "the file of tls_ca holds no certificate")
	}
	return nil
}
