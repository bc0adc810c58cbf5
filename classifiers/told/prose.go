package told

import (
	"strings"

	"vestige/classifiers"
)

// stops are words at which a phrase ends.
var stops = set(strings.Fields("and but since who which with for at by from when while after before because so twice daily every is was has und aber seit mit für bei wegen weil ist sowie täglich bekommt nimmt et mais depuis avec pour chez est par parce y pero desde con para es por porque e ma dal dalla per è con en maar sinds met voor bij is omdat mas com desde por é porque i oraz ale od z dla ponieważ jest her his my their ihre seine sa son su sua zijn haar ihr"))

// readPhrase reads words up to the end of the clause, five at most.
func readPhrase(text []byte, k int, tied bool) (start, end int, ok bool) {
	k = article(text, k)
	end = k
	for i, n := k, 0; i < len(text) && n < 5 && i-k < 60; n++ {
		e := i
		for e < len(text) && (classifiers.IsWord(text[e]) || (text[e] == '-' || text[e] == '\'' || text[e] == '.' || text[e] == '/') && e > i && e+1 < len(text) && classifiers.IsWord(text[e+1])) {
			e++
		}
		if e == i || n > 0 && !tied && stops.Has(text[i:e]) {
			break
		}
		end = e
		if e+1 >= len(text) || text[e] != ' ' {
			break
		}
		i = e + 1
	}
	return k, end, end-k >= 3 && free(text, end) && closed(text, end) && classifiers.IsLetter(text[k]) && !stops.Has(text[k:word(text, k)])
}

// suffixes are how names of substances end in the languages.
var suffixes = strings.Fields("pril sartan olol statin statine statina prazol prazole azepam cillin cilline cilina mycin mycine formin profen profene profeno cetamol xaban gliptin lukast sone solon solone oxetin oxetine oxetina triptan dipine dipin dipino thiazid thiazide tidin tidine caine cain floxacin mab vir parin")

// readDrug reads a word that ends as substances do, or before a dose.
func readDrug(text []byte, k int, _ bool) (start, end int, ok bool) {
	k = article(text, k)
	end = word(text, k)
	if end-k < 4 || end-k > 24 || !free(text, end) {
		return 0, 0, false
	}
	if dose(text, end) {
		return k, end, true
	}
	w := text[k:end]
	for _, s := range suffixes {
		if n := len(w) - len(s); n > 2 && equal(w[n:], s) {
			return k, end, true
		}
	}
	return 0, 0, false
}

// dose tells whether a number of mg, g or ml follows.
func dose(text []byte, k int) bool {
	if k+3 >= len(text) || text[k] != ' ' {
		return false
	}
	e := digits(text, k+1)
	if e == k+1 || e >= len(text) {
		return false
	}
	if text[e] == ' ' {
		e++
	}
	u := word(text, e)
	switch string(text[e:u]) {
	case "mg", "g", "ml", "µg", "mcg", "IE", "IU":
		return true
	}
	return false
}

// readAdjective reads one word of letters.
func readAdjective(text []byte, k int, _ bool) (start, end int, ok bool) {
	end = word(text, k)
	for end+1 < len(text) && text[end] == '-' && classifiers.IsLetter(text[end+1]) {
		end = word(text, end+1)
	}
	return k, end, end-k >= 4 && end-k <= 24 && free(text, end) && closed(text, end) && !stops.Has(text[k:end])
}

// readLogin reads a name to sign in with; bare ones need a sign that words do not have.
func readLogin(text []byte, k int, tied bool) (start, end int, ok bool) {
	letters, other := 0, 0
	for end = k; end < len(text) && end-k < 40; end++ {
		c := text[end]
		switch {
		case classifiers.IsLetter(c):
			letters++
		case c-'0' < 10 || c == '.' || c == '_' || c == '-':
			other++
		default:
			goto done
		}
	}
done:
	for end > k && (text[end-1] == '.' || text[end-1] == '-') {
		end, other = end-1, other-1
	}
	if end < len(text) && (text[end] == '$' || text[end] == '@' || text[end] == '/' || text[end] == '(' || text[end] == '=' || text[end] == '\\' || text[end] == ':') {
		return 0, 0, false
	}
	return k, end, letters >= 2 && end-k >= 3 && (other > 0 || tied) && !systems.Has(text[k:end])
}

// systems are names of accounts that belong to nobody, and words that follow such labels.
var systems = set(strings.Fields("pam_unix logrotate dovecot dovenull postfix exim mail news uucp proxy list man sync bin sys lp games irc gnats syslog systemd systemd-network systemd-resolve systemd-timesync messagebus chrony ntp snmp munin zabbix prometheus grafana rabbitmq redis mongodb memcached tomcat jetty gitlab vmail amavis clamav spamd opendkim bind named ftp rpc statd puppet failed denied required disabled enabled locked expired ok successful attempt page form screen self this null_user ec2-user ubuntu debian jenkins nobody4 operator backup cron sshd git zookeeper kafka elasticsearch kibana root admin administrator app postgres mysql www-data nobody system daemon nginx apache guest test anonymous null none nil true false unknown undefined string default name service worker api web id data info agent group role type from the new not with by is not-set n/a session error login logout user password"))

// readNamed takes a name behind "user" in a log: tied, or with a digit or a sign in it.
func readNamed(text []byte, k int, tied bool) (start, end int, ok bool) {
	if start, end, ok = readLogin(text, k, true); ok && text[k-1] == '\'' && end < len(text) && text[end] == '\'' {
		return start, end, true
	}
	if start, end, ok = readLogin(text, k, true); ok && end < len(text) && text[end] == '.' && (end+1 == len(text) || text[end+1] == '\n') && k > 9 && equal(text[k-9:k-1], " of user") {
		return start, end, true
	}
	if start, end, ok = readLogin(text, k, true); ok && !tied && text[k-1] == ' ' && text[k-2] != ' ' && end < len(text) && text[end] == ' ' && signedIn.Has(text[end+1:word(text, end+1)]) {
		return start, end, true
	}
	start, end, ok = readLogin(text, k, tied)
	if ok && !tied && !marked(text[k:end]) {
		return 0, 0, false
	}
	if ok && !tied && (text[k-1] != ' ' || text[k-2] == ' ' || text[k]-'0' < 10) {
		return 0, 0, false
	}
	if !ok || tied && text[k-1] != '=' && text[k-1] != '"' && text[k-1] != ' ' && text[k-1] != ':' {
		return 0, 0, false
	}
	if tied && end < len(text) && text[end] == ' ' && text[k-1] == ' ' && onlyLetters(text[k:end]) {
		return 0, 0, false
	}
	return start, end, true
}

// readSpoken takes a name behind a word that programs use for other things: behind a colon alone.
func readSpoken(text []byte, k int, tied bool) (start, end int, ok bool) {
	if !tied || k < 2 || text[k-1] != ':' && text[k-2] != ':' {
		return 0, 0, false
	}
	return readLogin(text, k, true)
}

// readParen takes a name in round brackets, behind the number of a process too: "imap(ann)", "CRON[812]: (ann) CMD".
func readParen(text []byte, k int, _ bool) (start, end int, ok bool) {
	if text[k] == '[' {
		k = digits(text, k+1)
		if k+4 >= len(text) || string(text[k:k+3]) != "]: " {
			return 0, 0, false
		}
		if k += 3; text[k] == '(' {
			k++
		}
	}
	start, end, ok = readSigned(text, k)
	if !ok || end+1 >= len(text) {
		return 0, 0, false
	}
	return start, end, text[k-1] == '(' && text[end] == ')' || text[k-1] == ' ' && text[end] == '/' && address(text, end+1)
}

// address tells whether an internet address begins at k.
func address(text []byte, k int) bool {
	e := digits(text, k)
	return e > k && e+1 < len(text) && (text[e] == '.' || text[e] == ':') && text[e+1]-'0' < 10
}

// readSigned reads a name to sign in with whatever stands behind it.
func readSigned(text []byte, k int) (start, end int, ok bool) {
	for end = k; end < len(text) && (classifiers.IsWord(text[end]) || text[end] == '.' || text[end] == '_' || text[end] == '-'); end++ {
	}
	return k, end, end-k >= 3 && end-k < 40 && text[k]-'a' < 26 && !systems.Has(text[k:end])
}

// readUnix takes the name of an account that is being made: "name=ann, UID=1012".
func readUnix(text []byte, k int, tied bool) (start, end int, ok bool) {
	start, end, ok = readLogin(text, k, true)
	return start, end, ok && tied && end+6 <= len(text) && string(text[end:end+6]) == ", UID="
}

// readHeld takes a name that brackets, quotation marks or a sign hold.
func readHeld(text []byte, k int, _ bool) (start, end int, ok bool) {
	start, end, ok = readLogin(text, k, true)
	if !ok || k == 0 {
		return 0, 0, false
	}
	switch text[k-1] {
	case '"', '\'', '[', '<', '@', '=':
		return start, end, true
	}
	return 0, 0, false
}

// readLone takes a name that is the last word of its line or has a bracket behind it.
func readLone(text []byte, k int, tied bool) (start, end int, ok bool) {
	if start, end, ok = readLogin(text, k, true); !ok {
		return 0, 0, false
	}
	for i := end; i < len(text) && i < end+3; i++ {
		switch text[i] {
		case '.', ' ', '"', '\'':
			continue
		case '\n', '(', '\r', ')':
			return start, end, true
		}
		break
	}
	if end == len(text) || end+1 == len(text) && text[end] == '.' {
		return start, end, true
	}
	return readLogin(text, k, tied)
}

// signedIn are words behind the name of somebody who signs in.
var signedIn = set(strings.Fields("ok logged authenticated authorized signed authenticates"))

// marked tells whether a name has a sign that words with a hyphen have not.
func marked(w []byte) bool {
	for _, b := range w {
		if b != '-' && !classifiers.IsLetter(b) {
			return true
		}
	}
	return false
}

func onlyLetters(w []byte) bool {
	for _, b := range w {
		if !classifiers.IsLetter(b) {
			return false
		}
	}
	return true
}

// readAccount takes the name in lines of sshd and its like, whatever it looks like.
func readAccount(text []byte, k int, _ bool) (start, end int, ok bool) {
	start, end, ok = readLogin(text, k, true)
	return start, end, ok && end+6 <= len(text) && string(text[end:end+6]) == " from "
}

// readSecret reads a word that can be a password.
func readSecret(text []byte, k int, tied bool) (start, end int, ok bool) {
	if !tied {
		return 0, 0, false
	}
	if text[k] == '[' || text[k] == '/' {
		return 0, 0, false // left out, a path
	}
	for end = k; end < len(text) && end-k < 64; end++ {
		if c := text[end]; c <= ' ' || c == '"' || c == ',' || c == ';' || c == '<' || c == '>' || c == ')' || c == '}' || c == '\'' {
			break
		}
	}
	w := text[k:end]
	if len(w) > 0 && w[len(w)-1] == '.' {
		end--
	}
	sign := false
	for _, c := range text[k:end] {
		if c == '*' || c == '$' && c == text[k] || c == '{' || c == '(' {
			return 0, 0, false
		}
		sign = sign || !classifiers.IsLetter(c)
	}
	return k, end, end-k >= 4 && sign
}

// readAmount reads a number with a currency before or behind it, or one that a sign ties to its label.
func readAmount(text []byte, k int, tied bool) (start, end int, ok bool) {
	start = k
	n := currency(text, k)
	k += n
	if n > 0 && k < len(text) && text[k] == ' ' {
		k++
	}
	d := 0
	for end = k; end < len(text); end++ {
		c := text[end]
		if c-'0' < 10 {
			d++
			continue
		}
		if (c == '.' || c == ',' || c == ' ' || c == '\'') && end > k && end+1 < len(text) && text[end+1]-'0' < 10 && (c != ' ' || digits(text, end+1)-end-1 == 3) {
			continue
		}
		break
	}
	if d < 3 || d > 9 {
		return 0, 0, false
	}
	if n == 0 {
		e := end
		if e < len(text) && text[e] == ' ' {
			e++
		}
		if m := currency(text, e); m > 0 {
			return start, e + m, true
		}
	}
	return start, end, n > 0 || tied && free(text, end)
}

var currencies = []string{"€", "£", "$", "EUR", "USD", "GBP", "CHF", "PLN", "BRL", "R$", "zł", "Euro", "euros", "euro", "dollars", "pounds", "złotych", "reais"}

// currency gives the length of the currency at k.
func currency(text []byte, k int) int {
	for _, c := range currencies {
		if len(text)-k >= len(c) && string(text[k:k+len(c)]) == c && (c[len(c)-1] < 'A' || c[len(c)-1] >= 0x80 || free(text, k+len(c))) {
			return len(c)
		}
	}
	return 0
}
