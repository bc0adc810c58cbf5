package contact

import "vestige/classifiers"

// Email is addresses of electronic mail.
func Email() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "email",
		Doc:      "An e-mail address. It misses quoted local parts and addresses written out (\"ann at example\"); user@host of ssh and git is taken for one where the host has a dot.",
		Category: "contact.email",
		Version:  1,
		Names:    []string{"email", "email address", "email id", "email name?", "e mail", "contact email", "user email", "sender?", "recipient?", "mail from", "from address", "to address", "handled by?", "reply to?"},
		Triggers: classifiers.Triggers{Bytes: "@"},
		MaxLen:   254,
		At:       emailAt,
		Chance:   .002,
		Sparse:   true,
	}
}

var localByte, domainByte = byteSet("!#$%&'*+-/=?^_`{|}~."), byteSet("-.")

// byteSet is letters, digits and the given signs; bytes beyond ASCII belong to letters.
func byteSet(signs string) (t [256]bool) {
	for c := range 256 {
		t[c] = classifiers.IsWord(byte(c))
	}
	for _, c := range []byte(signs) {
		t[c] = true
	}
	return t
}

func emailAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if text[i] != '@' {
		return h, false
	}
	start, end := emailLocal(text, i), emailDomain(text, i)
	if start == i || end == i {
		return h, false
	}
	if messageID(text, start) || daemon(text[i+1:end]) {
		return h, false
	}
	h.Start, h.End = start, end
	if reservedHost(text[i+1 : end]) {
		h.Flags |= classifiers.Example
	}
	return h, true
}

var daemons = []string{".service", ".socket", ".timer", ".target", ".slice", ".mount", ".scope", ".device", ".swap", ".automount"}

// daemon tells whether a host is the rest of the name of a unit of systemd: "user@1004.service".
func daemon(host []byte) bool {
	for _, u := range daemons {
		if n := len(host) - len(u); n >= 0 && string(host[n:]) == u {
			return true
		}
	}
	return false
}

// messageID tells whether what begins at start is the number of a message: "message-id=<2024…@mx.example>". Behind "references", which
// heads those who speak for somebody too, and behind what it answers only what is in brackets is one.
func messageID(text []byte, start int) bool {
	k := start
	for n := 0; n < 3 && k > 0 && (text[k-1] == '<' || text[k-1] == ' ' || text[k-1] == '=' || text[k-1] == ':'); n++ {
		k--
	}
	if k == start {
		return false
	}
	if back(text, k, "message-id") || back(text, k, "msgid") {
		return true
	}
	return text[start-1] == '<' && (back(text, k, "in-reply-to") || back(text, k, "references"))
}

// back tells whether a word that is given in small letters ends at k.
func back(text []byte, k int, word string) bool {
	from := k - len(word)
	return from >= 0 && classifiers.EqualFold(text[from:k], word) && (from == 0 || !classifiers.IsWord(text[from-1]))
}

// emailLocal gives where the local part before the sign at i starts, i where there is none.
func emailLocal(text []byte, i int) int {
	low, start := max(0, i-65), i
	for start > low && localByte[text[start-1]] {
		if text[start-1] == '/' || text[start-1] == '=' || text[start-1] == '\'' && start-1 == low {
			break
		}
		start--
	}
	if start == low && low > 0 {
		return i
	}
	for start < i && !classifiers.IsWord(text[start]) && text[start] != '_' && text[start] != '+' {
		start++
	}
	if start < i && (text[i-1] == '.' || i-start > 64) {
		return i
	}
	for k := start; k+1 < i; k++ {
		if text[k] == '.' && text[k+1] == '.' {
			return i
		}
	}
	return start
}

// emailDomain gives where the domain behind the sign at i ends, i where there is none: labels with a dot, the last one of letters.
func emailDomain(text []byte, i int) int {
	end := i + 1
	for end < len(text) && end-i <= 190 && domainByte[text[end]] {
		end++
	}
	for end > i && (text[end-1] == '.' || text[end-1] == '-') {
		end--
	}
	label, dots := i+1, 0
	for k := i + 1; k < end; k++ {
		if text[k] == '.' {
			if k == label || text[k-1] == '-' || text[label] == '-' {
				return i
			}
			label, dots = k+1, dots+1
		}
	}
	if dots == 0 || end-label < 2 || end-i > 190 || (end < len(text) && text[end] == '@') {
		return i
	}
	for k := label; k < end; k++ {
		if classifiers.IsDigit(text[k]) && !(end-label > 4 && classifiers.EqualFold(text[label:label+4], "xn--")) {
			return i
		}
	}
	return end
}

// reservedHost tells whether a host is of those that RFC 2606 reserves for examples.
func reservedHost(host []byte) bool {
	for _, r := range [...]string{"example.com", "example.org", "example.net", "example", "test", "invalid", "localhost"} {
		if n := len(host) - len(r); n >= 0 && classifiers.EqualFold(host[n:], r) && (n == 0 || host[n-1] == '.') {
			return true
		}
	}
	return false
}
