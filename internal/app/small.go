package app

import (
	"crypto/ed25519"
	"strings"
)

func cutFile(setting string) (string, bool) { return strings.CutPrefix(setting, "file:") }

func publicOf(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }
