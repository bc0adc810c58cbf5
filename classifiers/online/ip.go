package online

import (
	"net/netip"

	"vestige/classifiers"
)

// IP is internet addresses, of version 4 and 6.
func IP() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "ip",
		Doc:      "An internet address. Private, loopback and documentation ranges count as examples. Versions of four numbers are mistaken for one where no word says so.",
		Category: "online.ip",
		Version:  1,
		Names:    []string{"ip", "ip address", "client ip", "remote address", "remote ip", "last ip", "customer ip", "host ip", "login ip", "signup ip", "ip v4", "ip v6", "user ip"},
		Triggers: classifiers.Triggers{Digits: 4, Bytes: ":", Spots: []classifiers.Spot{
			{At: "d", Most: 3, Before: "^ad-", After: "."}, {At: ":", After: ":"}, {At: ":", Before: "x", After: "x"},
		}},
		MaxLen: 45,
		At:     ipAt,
		Whole: func(v []byte) bool {
			if v[0] != ':' && len(v) >= 7 && v[len(v)-1] != ':' {
				if h, ok := v4At(v, 0); ok {
					return h.End == len(v)
				}
			}
			return v6(v)
		},
		Chance: .01,
		Sparse: true,
	}
}

func ipAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if text[i] == ':' {
		return v6At(text, i)
	}
	return v4At(text, i)
}

// v4At reads four numbers whose first begins at i.
func v4At(text []byte, i int) (h classifiers.Hit, ok bool) {
	if !classifiers.IsDigit(text[i]) || (i > 0 && (classifiers.IsWord(text[i-1]) || text[i-1] == '-' || text[i-1] == '.' && i > 1 && classifiers.IsWord(text[i-2]))) {
		return h, false
	}
	k, a := i, [4]byte{}
	for part := range 4 {
		x, n := 0, 0
		for k < len(text) && n < 4 && classifiers.IsDigit(text[k]) {
			x = x*10 + int(text[k]-'0')
			k, n = k+1, n+1
		}
		if n == 0 || n > 3 || x > 255 || (n > 1 && text[k-n] == '0') {
			return h, false
		}
		a[part] = byte(x)
		if part < 3 {
			if k >= len(text) || text[k] != '.' {
				return h, false
			}
			k++
		}
	}
	if k < len(text) && (classifiers.IsWord(text[k]) || text[k] == '-' || text[k] == '.' && k+1 < len(text) && classifiers.IsDigit(text[k+1])) {
		return h, false
	}
	port := i > 0 && text[i-1] == '/' && k+1 < len(text) && text[k] == ':' && classifiers.IsDigit(text[k+1])
	if !port && versionBefore(text, i) || a == [4]byte{} || a == [4]byte{255, 255, 255, 255} {
		return h, false
	}
	h = classifiers.Hit{Start: i, End: k}
	if infrastructure(netip.AddrFrom4(a)) {
		h.Flags |= classifiers.Example
	}
	return h, true
}

// versionBefore tells whether the word before says that the numbers are a version ("Chrome/120.0.0.0", "version 1.2.3.4").
func versionBefore(text []byte, i int) bool {
	if i > 1 && text[i-1] == '/' && classifiers.IsLetter(text[i-2]) {
		return true
	}
	for _, w := range [...]string{"version", "version:", "release", "ver.", "ver", "v."} {
		if j := i - 1 - len(w); j >= 0 && text[i-1] == ' ' && classifiers.EqualFold(text[j:i-1], w) {
			return true
		}
	}
	return false
}

func infrastructure(a netip.Addr) bool {
	if a.IsPrivate() || a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() {
		return true
	}
	for _, p := range documentation {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

var documentation = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("8.8.8.8/32"), netip.MustParsePrefix("1.1.1.1/32"),
}

// v6At reads an address of version 6 whose first colon stands at i.
func v6At(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i+1 >= len(text) || (text[i+1] != ':' && (!hex(text[i+1]) || i == 0 || !hex(text[i-1]))) {
		return h, false
	}
	start := i
	for start > 0 && i-start < 5 && hex(text[start-1]) {
		start--
	}
	if start > 0 && (classifiers.IsWord(text[start-1]) || text[start-1] == ':' || text[start-1] == '.') {
		return h, false
	}
	end, colons, double := i+1, 1, false
	for end < len(text) && end-start <= 40 && (text[end] == ':' || hex(text[end])) {
		if text[end] == ':' {
			colons++
			double = double || text[end-1] == ':'
		}
		end++
	}
	if !double && colons < 7 {
		return h, false // most are times
	}
	if text[end-1] == ':' && (end < 2 || text[end-2] != ':') {
		end--
		colons--
	}
	if colons < 2 || end-start < 6 || end-start > 39 || (end < len(text) && (classifiers.IsWord(text[end]) || text[end] == ':')) || !v6(text[start:end]) {
		return h, false
	}
	h = classifiers.Hit{Start: start, End: end}
	if a, err := netip.ParseAddr(string(text[start:end])); err == nil && infrastructure(a) {
		h.Flags |= classifiers.Example
	}
	return h, true
}

// v6 checks groups: eight of them, or fewer around one double colon, with at least one of three digits.
func v6(v []byte) bool {
	groups, run, double, long := 0, 0, false, false
	if len(v) < 6 {
		return false
	}
	for i, b := range v {
		switch {
		case hex(b):
			run++
			if run == 1 {
				groups++
			}
			long = long || run >= 3
			if run > 4 {
				return false
			}
		case b == ':':
			if i > 0 && v[i-1] == ':' {
				if double {
					return false
				}
				double = true
			} else if i == 0 && v[1] != ':' {
				return false
			}
			run = 0
		default:
			return false
		}
	}
	if v[len(v)-1] == ':' && v[len(v)-2] != ':' {
		return false
	}
	return long && ((groups == 8 && !double) || (double && groups < 8))
}

func hex(b byte) bool {
	return classifiers.IsDigit(b) || ('a' <= b && b <= 'f') || ('A' <= b && b <= 'F')
}

// MAC is addresses of network cards.
func MAC() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "mac",
		Doc:      "The address of a network card: six pairs of hexadecimal digits with colons or hyphens. It misses the form with dots.",
		Category: "online.mac",
		Version:  1,
		Names:    []string{"mac", "mac address", "wifi mac", "bluetooth mac", "bssid", "device mac"},
		Triggers: classifiers.Triggers{Bytes: ":-", Spots: []classifiers.Spot{{At: ":-", Before: "x", After: "x", Then: "x", Again: 3}}},
		MaxLen:   17,
		At:       macAt,
		Chance:   .005,
		Sparse:   true,
	}
}

func macAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	sep, start := text[i], i-2
	if start < 0 || start+17 > len(text) || text[i+3] != sep || (sep != ':' && sep != '-') || (start > 0 && (classifiers.IsWord(text[start-1]) || text[start-1] == sep)) {
		return h, false
	}
	zero := true
	for k := range 17 {
		c := text[start+k]
		if k%3 == 2 {
			if c != sep {
				return h, false
			}
			continue
		}
		if !hex(c) {
			return h, false
		}
		zero = zero && c == '0'
	}
	end := start + 17
	frame := start > 3 && string(text[start-4:start]) == "MAC=" // of a firewall: both addresses and the type in one
	if zero || end < len(text) && (classifiers.IsWord(text[end]) || text[end] == sep && !frame) {
		return h, false
	}
	return classifiers.Hit{Start: start, End: end}, true
}
