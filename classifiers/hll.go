package classifiers

import (
	"math"
	"math/bits"
)

// hll estimates how many different hashes were added (Flajolet et al. 2007), within about 1.6 %.
type hll struct{ reg [4096]uint8 }

func (h *hll) add(x uint64) {
	x *= 0x9E3779B97F4A7C15
	x ^= x >> 32
	x *= 0xD6E8FEB86659FD93
	i := x >> 52
	h.reg[i] = max(h.reg[i], uint8(bits.LeadingZeros64(x<<12|1<<11))+1)
}

func (h *hll) count() int64 {
	const m = 4096.0
	sum, zero := 0.0, 0
	for _, r := range h.reg {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zero++
		}
	}
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e < 2.5*m && zero > 0 {
		e = m * math.Log(m/float64(zero))
	}
	return int64(e + .5)
}
