package online

import (
	"vestige/classifiers"
	"vestige/pii"
)

// DeviceID is identifiers of telephones and other devices.
func DeviceID() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "device_id",
		Doc:      "The identifier of a device (IDFA, GAID, an app's installation), by the name of its field. A UUID alone is a key of anything; where it repeats in a table of events it is more often a device's.",
		Category: "online.device_id",
		Version:  1,
		Names: []string{
			"device", "device id", "device uuid", "device identifier", "device number?", "device token", "push token", "idfa", "idfv", "gaid", "adid", "advertising id", "ad id", "installation id", "install id", "android id", "imei", "udid", "last device", "last device id", "device key", "device fingerprint", "machine id", "client device", "client device id", "anonymous id?", "vendor id?", "hardware id", "app instance id", "terminal id?",
		},
		MaxLen: 64,
		Whole:  token,
		Column: deviceColumn,
		Chance: .8,
	}
}

// token is one word of letters, digits, hyphens, with at least eight signs.
func token(v []byte) bool {
	if len(v) < 8 || len(v) > 64 {
		return false
	}
	digits := 0
	for _, b := range v {
		switch {
		case classifiers.IsDigit(b):
			digits++
		case b >= 0x80 || (!classifiers.IsWord(b) && b != '-' && b != '_' && b != ':' && b != '.' && b != '{' && b != '}'):
			return false
		}
	}
	return digits > 0
}

// deviceColumn weighs UUIDs: as devices where they come back over many records, as keys where each is another.
func deviceColumn(s *classifiers.Stats) (e classifiers.Evidence) {
	if s.Values == 0 || s.Share(s.Texture.UUIDs) < .9 {
		return e
	}
	e.Nats = append(e.Nats, pii.Nat{Text: "UUIDs", Nats: 5})
	switch {
	case classifiers.KeyOf(&s.Field):
		e.Nats = append(e.Nats, pii.Nat{Text: "it is the key of its table", Nats: -3})
	case s.Repeats() >= 1.2 && s.Values >= 10:
		e.Nats = append(e.Nats, pii.Nat{Text: "they come back over records", Nats: 4})
	}
	return e
}

// CookieID is identifiers of browsers.
func CookieID() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "cookie_id",
		Doc:      "The identifier that a cookie gives a browser, or that of a session, by the name of its field or by the form that analytics use (GA1.2.…). It misses opaque tokens under other names.",
		Category: "online.cookie_id",
		Version:  1,
		Names:    []string{"cookie", "cookie id", "cookie uuid", "ga client id", "client cookie", "visitor id", "visitor uuid", "fbp", "fbc", "gclid", "browser id", "session id?", "session", "session key?", "session token?", "tracking cookie", "cid?"},
		MaxLen:   128,
		Whole: func(v []byte) bool {
			return analytics(v) || token(v)
		},
		Column: func(s *classifiers.Stats) (e classifiers.Evidence) {
			if p := s.Texture.Prefix; s.Values > 0 && (p == "GA" || p == "fb" || p == "amp") {
				e.Nats = append(e.Nats, pii.Nat{Text: "the form of an analytics cookie", Nats: 9})
			}
			if s.Named && s.Share(s.Texture.UUIDs+s.Texture.Hex) > .9 {
				e.Nats = append(e.Nats, pii.Nat{Text: "opaque tokens", Nats: 7})
			}
			if s.Share(s.Texture.Digits) > .9 && s.Len[1] < 9 {
				e.Nats = append(e.Nats, pii.Nat{Text: "small whole numbers", Nats: -4})
			}
			return e
		},
		Chance: .8,
	}
}

func analytics(v []byte) bool {
	for _, p := range [...]string{"GA1.", "fb.1.", "amp-"} {
		if len(v) > len(p)+8 && string(v[:len(p)]) == p {
			return true
		}
	}
	return false
}

// UserAgent is what browsers call themselves.
func UserAgent() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "user_agent",
		Doc:      "What a browser or program calls itself (Mozilla/5.0 …). It misses short names of browsers.",
		Category: "online.user_agent",
		Version:  1,
		Names:    []string{"user agent", "browser?", "http user agent", "client user agent", "browser name?", "browser user agent"},
		Triggers: classifiers.Triggers{Bytes: "/"},
		MaxLen:   1024,
		Whole: func(v []byte) bool {
			for _, p := range [...]string{"Mozilla/", "Opera/", "curl/", "okhttp/", "Dalvik/", "python-requests/", "Wget/", "PostmanRuntime/", "Go-http-client/", "CFNetwork/"} {
				if len(v) > len(p) && string(v[:len(p)]) == p && classifiers.IsDigit(v[len(p)]) {
					return true
				}
			}
			return false
		},
		Column: func(s *classifiers.Stats) (e classifiers.Evidence) {
			if s.Values > 2 && s.Hits["user_agent"].Distinct == s.Judged {
				e.Nats = append(e.Nats, pii.Nat{Text: "every value has the form", Nats: 3})
			}
			return e
		},
		Chance: .002,
	}
}

// URL is web addresses.
func URL() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "url",
		Doc:      "A web address as a whole value. Whether it is a person's the table and the field's name decide.",
		Category: "online.url",
		Version:  1,
		Names:    []string{"url?", "website url", "profile url", "homepage", "linkedin url", "facebook url", "blog", "personal url", "github url", "twitter url", "web site", "website", "user url", "user homepage", "person url", "personal website", "author url", "comment author url"},
		Triggers: classifiers.Triggers{Bytes: ":"},
		MaxLen:   2048,
		Whole: func(v []byte) bool {
			n := 0
			switch {
			case len(v) > 11 && classifiers.EqualFold(v[:8], "https://"):
				n = 8
			case len(v) > 10 && classifiers.EqualFold(v[:7], "http://"):
				n = 7
			default:
				return false
			}
			for _, b := range v[n:] {
				if b <= ' ' {
					return false
				}
			}
			return classifiers.IsWord(v[n])
		},
		Column: func(s *classifiers.Stats) (e classifiers.Evidence) {
			for _, w := range classifiers.Tokens(s.Field.Field.Name) {
				if w == "image" || w == "file" || w == "product" || w == "company" {
					e.Nats = append(e.Nats, pii.Nat{Text: "the address of a thing", Nats: -13})
				}
			}
			return e
		},
		Chance: .002,
	}
}
