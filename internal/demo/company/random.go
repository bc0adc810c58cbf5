package company

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"
)

// epoch is the last day the company knows of. The generator has no other clock, so that a seed is one company for ever.
var epoch = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// stream gives the numbers for one theme. Themes do not share numbers: leaving a difficulty out changes its own theme
// and not the whole company.
func stream(seed uint64, theme string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(theme))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// before gives a moment in the years before the epoch.
func before(rng *rand.Rand, years int) time.Time {
	return epoch.Add(-time.Duration(rng.IntN(years*365*24*3600)) * time.Second)
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05Z") }
func day(t time.Time) string   { return t.Format("2006-01-02") }

func uuid(rng *rand.Rand) string {
	a, b := rng.Uint64(), rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// ascii writes a name as addresses of mail have it.
func ascii(s string) string {
	return strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "é", "e", " ", "", "'", "").Replace(strings.ToLower(s))
}

// phone is a telephone number with the spellings that are in use for it.
type phone struct{ e164, spaced, national string }

func (p phone) forms() []string { return []string{p.e164, p.national} }

// digits are those of the national number, as careless systems keep them.
func (p phone) digits() string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, p.national)
}

// The areas are real; the numbers in them are kept for fiction: 555-0100 to 555-0199 in North America, the drama numbers
// of Ofcom, those of the Bundesnetzagentur.
const areas = `201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240 248 251 252 253 254
256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 323 325 330 334 336 337 339
347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 425 432 434 435 440 443 469 478 479 480 484 501
502 503 504 505 507 508 509 510 512 513 515 516 517 518 520 530 540 541 551 559 561 562 563 567 570 571 573 574 580 585 586 601 602 603`

func americanPhone(rng *rand.Rand) phone {
	area, n := pick(rng, strings.Fields(areas)), 100+rng.IntN(100)
	return phone{
		e164:   fmt.Sprintf("+1%s5550%d", area, n),
		spaced: fmt.Sprintf("+1 %s-555-0%d", area, n), national: fmt.Sprintf("(%s) 555-0%d", area, n),
	}
}

func britishPhone(rng *rand.Rand) phone {
	block := pick(rng, [][3]string{{"20", "7946", "0"}, {"161", "496", "0"}, {"113", "496", "0"}, {"7700", "900", ""}, {"117", "496", "0"}, {"131", "496", "0"}})
	last := fmt.Sprintf("%s%03d", block[2], rng.IntN(1000))
	return phone{
		e164:   "+44" + block[0] + block[1] + last,
		spaced: "+44 " + block[0] + " " + block[1] + " " + last, national: "0" + block[0] + " " + block[1] + " " + last,
	}
}

func germanPhone(rng *rand.Rand) phone {
	block := pick(rng, [][2]string{{"30", "23125"}, {"69", "90009"}, {"40", "66969"}, {"221", "4710"}, {"89", "99998"}})
	last := fmt.Sprintf("%03d", rng.IntN(1000))
	return phone{
		e164:   "+49" + block[0] + block[1] + last,
		spaced: "+49 " + block[0] + " " + block[1] + " " + last, national: "0" + block[0] + " " + block[1] + last,
	}
}

func (n nation) phone(rng *rand.Rand) phone {
	switch n.country {
	case "GB":
		return britishPhone(rng)
	case "DE":
		return germanPhone(rng)
	}
	return americanPhone(rng)
}

func (n nation) postcode(rng *rand.Rand) string {
	switch n.country {
	case "GB":
		return fmt.Sprintf("%s%d %dZZ", pick(rng, strings.Fields("LS BS NR EX DH LN CH TR FK")), 1+rng.IntN(19), 1+rng.IntN(9))
	case "DE":
		return fmt.Sprintf("%05d", 10000+rng.IntN(89000))
	}
	return fmt.Sprintf("%05d", 10000+rng.IntN(89000))
}
