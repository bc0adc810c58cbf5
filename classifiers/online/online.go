// Package online finds what people leave in networks: addresses of machines, identifiers of devices and browsers, credentials.
package online

import "vestige/classifiers"

// All lists the classifiers of this package.
func All() []classifiers.Classifier {
	return []classifiers.Classifier{
		IP(),
		MAC(),
		DeviceID(),
		CookieID(),
		Credential(),
		URL(),
		UserAgent(),
	}
}
