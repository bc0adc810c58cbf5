package bucket

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
)

// alike is from how many equals on names stand for values: three folders with the same things in them, three files of one shape.
const alike = 3

// manyNames is how many different names a folder can have before all further ones are taken to be values.
const manyNames = 5000

// allNames is how many names a whole layout keeps apart before new ones are values wherever they stand: what is kept does not grow with the objects.
const allNames = 50_000

// node is a folder of the layout, or all folders of one pattern.
type node struct {
	dirs    map[string]*node
	files   map[string]*shape
	made    *int              // names of the whole layout so far
	aliases map[string]string // of a name that turned out to be a value: the pattern; folders end with a slash
}

// shape is what the objects of one pattern have in common.
type shape struct {
	format  string
	fields  []column
	index   map[string]int
	objects int
	probed  int
	failed  string // the gap that hid the last object that could not be probed
	faults  int    // how many could not
	bytes   int64  // looked at in probes
	records int64  // found in them
}

// column is a field and what its values were like so far.
type column struct {
	name, path  string
	ints, reals int
	bools, text int
	nulls       int
}

func newNode() *node {
	return &node{dirs: map[string]*node{}, files: map[string]*shape{}, aliases: map[string]string{}, made: new(int)}
}

// full tells whether a new name, of which there are n beside it, is taken to be a value.
func (n *node) full(beside int) bool { return beside >= manyNames || *n.made >= allNames }

// dir gives the folder for a segment, made where it is new.
func (n *node) dir(segment string) *node {
	pattern, _ := generalise(segment, false)
	if n.dirs[pattern] == nil {
		if n.full(len(n.dirs)) {
			pattern = hole
		}
		if n.dirs[pattern] == nil {
			n.dirs[pattern] = newNode()
			n.dirs[pattern].made = n.made
			*n.made++
		}
	}
	return n.dirs[pattern]
}

// file gives the shape for the last segment of a key, made where it is new.
func (n *node) file(segment string) *shape {
	pattern, _ := generalise(segment, true)
	if n.files[pattern] == nil {
		if n.full(len(n.files)) {
			_, ext := splitExt(segment)
			pattern = hole + ext
		}
		if n.files[pattern] == nil {
			n.files[pattern] = &shape{index: map[string]int{}}
			*n.made++
		}
	}
	return n.files[pattern]
}

// segments cuts a key at its slashes. In a store of objects a segment may be empty.
func segments(key string) (dirs iter.Seq[string], base string) {
	dir, base := path.Split(key)
	if dir == "" {
		return func(func(string) bool) {}, base
	}
	return strings.SplitSeq(strings.TrimSuffix(dir, "/"), "/"), base
}

// place gives the shape of a key.
func (n *node) place(key string) *shape {
	dirs, base := segments(key)
	for segment := range dirs {
		n = n.dir(segment)
	}
	return n.file(base)
}

// settle makes patterns of the names that are values. Names that were values in the layout before stay so, however few are left.
func (n *node) settle(before *node) {
	for name, d := range n.dirs {
		d.settle(before.child(name))
	}
	n.settleDirs(before)
	n.settleFiles(before)
}

func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	if alias, ok := n.aliases[name+"/"]; ok {
		name = strings.TrimSuffix(alias, "/")
	}
	return n.dirs[name]
}

func (n *node) was(name string) bool {
	if n == nil {
		return false
	}
	_, ok := n.aliases[name]
	return ok
}

func (n *node) settleDirs(before *node) {
	var groups [][]string
	for _, name := range slices.Sorted(maps.Keys(n.dirs)) {
		if strings.Contains(name, hole) {
			continue
		}
		i := slices.IndexFunc(groups, func(g []string) bool { return n.dirs[g[0]].like(n.dirs[name]) })
		if i < 0 {
			groups = append(groups, []string{name})
			continue
		}
		groups[i] = append(groups[i], name)
	}
	for _, names := range groups {
		if len(names) >= alike || slices.ContainsFunc(names, func(s string) bool { return before.was(s + "/") }) {
			n.joinDirs(names)
		}
	}
}

func (n *node) joinDirs(names []string) {
	into := n.dirs[hole]
	if into == nil {
		into = newNode()
		n.dirs[hole] = into
	}
	for _, name := range names {
		into.merge(n.dirs[name])
		delete(n.dirs, name)
		n.aliases[name+"/"] = hole + "/"
	}
}

// like tells whether two folders could be one person's each: most things in one are in the other too, and of one shape.
func (n *node) like(o *node) bool {
	both, all := 0, len(o.dirs)+len(o.files)
	for name, d := range n.dirs {
		if other := o.dirs[name]; other != nil && d.like(other) {
			both++
		} else {
			all++
		}
	}
	for name, s := range n.files {
		if other := o.files[name]; other != nil && s.like(other) {
			both++
		} else {
			all++
		}
	}
	return both > 0 && both*2 >= all
}

func (n *node) merge(o *node) {
	for name, d := range o.dirs {
		if n.dirs[name] == nil {
			n.dirs[name] = newNode()
		}
		n.dirs[name].merge(d)
	}
	for name, s := range o.files {
		if n.files[name] == nil {
			n.files[name] = &shape{index: map[string]int{}}
		}
		n.files[name].merge(s)
	}
	maps.Copy(n.aliases, o.aliases)
}

func (s *shape) merge(o *shape) {
	if s.format == "" {
		s.format = o.format
	}
	for _, c := range o.fields {
		s.column(c.name, c.path).add(c)
	}
	s.objects += o.objects
	s.probed += o.probed
	s.bytes += o.bytes
	s.records += o.records
	s.faults += o.faults
	if o.failed != "" {
		s.failed = o.failed
	}
}

func (s *shape) column(name, path string) *column {
	i, ok := s.index[name]
	if !ok {
		i = len(s.fields)
		s.index[name] = i
		s.fields = append(s.fields, column{name: name, path: path})
	}
	return &s.fields[i]
}

func (c *column) add(o column) {
	c.ints, c.reals, c.bools, c.text, c.nulls = c.ints+o.ints, c.reals+o.reals, c.bools+o.bools, c.text+o.text, c.nulls+o.nulls
}

// like tells whether two shapes could be one: the same format, and at least half of all their fields in both.
func (s *shape) like(o *shape) bool {
	if s.format != o.format {
		return false
	}
	if s.format == "log" || len(s.fields)+len(o.fields) == 0 {
		return true
	}
	both := 0
	for name := range s.index {
		if _, ok := o.index[name]; ok {
			both++
		}
	}
	return both > 0 && both*2 >= len(s.fields)+len(o.fields)-both
}

// settleFiles looks for files of one folder, ending and shape.
func (n *node) settleFiles(before *node) {
	groups := map[string][][]string{} // by ending, then by shape
	for _, name := range slices.Sorted(maps.Keys(n.files)) {
		if strings.Contains(name, hole) {
			continue
		}
		_, ext := splitExt(name)
		i := slices.IndexFunc(groups[ext], func(g []string) bool { return n.files[g[0]].like(n.files[name]) })
		if i < 0 {
			groups[ext] = append(groups[ext], []string{name})
			continue
		}
		groups[ext][i] = append(groups[ext][i], name)
	}
	for ext, clusters := range groups {
		taken := n.files[hole+ext] != nil
		for _, names := range clusters {
			if len(names) >= alike || slices.ContainsFunc(names, before.was) {
				n.join(names, ext, taken)
				taken = true
			}
		}
	}
}

// join makes one pattern of the names; where the plain one is taken by another shape, a digest of the fields tells them apart.
func (n *node) join(names []string, ext string, taken bool) {
	pattern := hole + ext
	if taken && !n.files[pattern].like(n.files[names[0]]) {
		sum := sha256.Sum256([]byte(strings.Join(slices.Sorted(maps.Keys(n.files[names[0]].index)), "\x00")))
		pattern = fmt.Sprintf("%s~%s", pattern, hex.EncodeToString(sum[:3]))
	}
	for _, name := range names {
		if n.files[pattern] == nil {
			n.files[pattern] = &shape{index: map[string]int{}}
		}
		n.files[pattern].merge(n.files[name])
		delete(n.files, name)
		n.aliases[name] = pattern
	}
}

// resolve gives the pattern of a key and the values at its holes; ok is false for a key that the layout has no place for.
func (n *node) resolve(key string) (pattern string, values []string, ok bool) {
	dirs, base := segments(key)
	var b strings.Builder
	for segment := range dirs {
		p, v := generalise(segment, false)
		if n.dirs[p] == nil {
			p, v = hole, []string{segment}
		}
		if n = n.dirs[p]; n == nil {
			return "", nil, false
		}
		b.WriteString(p + "/")
		values = append(values, v...)
	}
	p, v := generalise(base, true)
	if n.files[p] == nil {
		stem, ext := splitExt(base)
		v = []string{stem}
		if p = n.aliases[base]; p == "" {
			p = hole + ext
		}
	}
	if n.files[p] == nil {
		return "", nil, false
	}
	b.WriteString(p)
	return b.String(), append(values, v...), true
}

// each gives every pattern with its shape, in order.
func (n *node) each(prefix string, f func(pattern string, s *shape) bool) bool {
	for _, name := range slices.Sorted(maps.Keys(n.dirs)) {
		if !n.dirs[name].each(prefix+name+"/", f) {
			return false
		}
	}
	for _, name := range slices.Sorted(maps.Keys(n.files)) {
		if !f(prefix+name, n.files[name]) {
			return false
		}
	}
	return true
}
