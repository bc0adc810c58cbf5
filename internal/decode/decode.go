// Package decode reads the records of files that nobody vouches for: tables, documents, dumps, lines of logs, packed or not, in UTF-8 or not. The reading
// happens in a child process, the same binary started again, which serves many files and is replaced when it dies: a file that
// breaks the decoder costs that file, never the process that holds the keys. The child has a limit of memory, no environment to
// speak of, and is killed when it makes no progress.
//
//	func main() {
//		decode.Main() // in a child this never returns
//		…
//	}
//
// A Pool starts children as they are needed. Decode streams a file to one of them and gives its records as items: the values by
// name, and with Options.Raw every byte of the file, so that a caller can write it again without some records. Where Main was not
// called a Pool decodes in its own process, recovers from panics, and Isolated says so.
//
// What cannot be read is an item, too: a Gap with a stable code in place of a record, and one in the Summary for the rest of a file.
package decode

import (
	"errors"
	"time"
)

// MaxRecord is the size of the largest record that is read, in bytes; a larger one is a gap and what follows it is read.
const MaxRecord = 16 << 20

// The formats.
const (
	CSV     = "csv"
	TSV     = "tsv" // tabs between cells that know no quotes
	NDJSON  = "ndjson"
	JSON    = "json"
	Log     = "log"
	XML     = "xml"
	SQL     = "sql" // a dump: the tuples of INSERT and the lines of COPY
	Parquet = "parquet"
	Avro    = "avro"
	XLSX    = "xlsx"
	Other   = "other" // nobody here can read it: one record, whose text is its printable runs
)

// The codes of gaps.
const (
	GapRagged    = "ragged-row"          // a row has more or fewer cells than the header
	GapQuote     = "unclosed-quote"      // a quoted cell never ends
	GapJSON      = "bad-json"            // a document is not JSON
	GapXML       = "bad-xml"             // an element is not XML, or has entities that the document declares, or a set of characters that is not read
	GapSQL       = "bad-sql"             // a statement of a dump that may hold data and is not read
	GapEncrypted = "encrypted"           // a file, or columns of it, that only who has the key can read
	GapLarge     = "record-too-large"    // larger than MaxRecord
	GapTruncated = "truncated"           // a packed file ends in the middle
	GapCorrupt   = "corrupt"             // a packed file cannot be unpacked
	GapFormat    = "unsupported-format"  // nobody here can read it
	GapFailed    = "decoder-failed"      // the decoder died of this file
	GapSlow      = "decoder-no-progress" // the decoder was stopped because nothing came for too long
)

// Options say how a file is to be read.
type Options struct {
	Format  string   `json:"format,omitempty"` // "" to find out
	Ext     string   `json:"ext,omitempty"`    // of the file's name, as a hint: ".csv"
	Comma   byte     `json:"comma,omitempty"`  // with Format csv
	Header  bool     `json:"header,omitempty"` // with Format csv: the first row names the columns
	Columns []string `json:"columns,omitempty"`
	Raw     bool     `json:"raw,omitempty"`     // give all bytes, and the spans of values
	Limit   int64    `json:"limit,omitempty"`   // records, 0 for all
	Partial bool     `json:"partial,omitempty"` // the input is the beginning of a file: that it ends in the middle is no gap
	Block   bool     `json:"block,omitempty"`   // the input is cut out of a file: it begins and ends in the middle of a record; Format is given
	Base    int64    `json:"base,omitempty"`    // where the block begins
	Charset string   `json:"charset,omitempty"` // with Block
	Escaped bool     `json:"escaped,omitempty"` // with Format tsv
	Size    int64    `json:"size,omitempty"`    // of a container; set by DecodeAt and RewriteAt, as Write is
	Write   bool     `json:"write,omitempty"`
	Edits   []Edit   `json:"edits,omitempty"`  // of RewriteAt
	Sought  []Sought `json:"sought,omitempty"` // of DecodeAt: parts of the file that cannot hold a record with one of them may be left out; ordinals stay
}

// Info is what a file turned out to be.
type Info struct {
	Format  string   `json:"format"`
	Gzip    bool     `json:"gzip,omitempty"`
	Zstd    bool     `json:"zstd,omitempty"`
	Charset string   `json:"charset,omitempty"` // what a text is written in, "" for UTF-8; whole only in the Summary
	Escaped bool     `json:"escaped,omitempty"` // of a TSV: a backslash begins an escape, and \N is NULL
	Dialect string   `json:"dialect,omitempty"` // of SQL
	Comma   byte     `json:"comma,omitempty"`
	Header  bool     `json:"header,omitempty"`
	Columns []string `json:"columns,omitempty"`
	Pack    *Pack    `json:"pack,omitempty"`
	Records int64    `json:"records,omitempty"` // where the file itself tells how many it has
}

// Pack is the header of a gzip file, so that it can be packed again alike.
type Pack struct {
	Name    string `json:"name,omitempty"`
	Comment string `json:"comment,omitempty"`
	Extra   []byte `json:"extra,omitempty"`
	Time    int64  `json:"time,omitempty"` // seconds since 1970
	OS      byte   `json:"os,omitempty"`
}

// Kind says what an item is.
type Kind uint8

// The kinds of item.
const (
	Start     Kind = iota + 1 // Info is known; the first item
	Record                    // a record
	Gap                       // in place of a record; with Options.Raw its bytes follow as Glue
	Glue                      // Raw only: bytes that belong to no record
	Separator                 // Raw only: bytes between two elements of an array, comma included
	Lead                      // Raw only: bytes before a record that go when it goes
	Head                      // Raw only: the beginning of a list of records, which goes with its Tail when all of them go
	Tail                      // Raw only: the end of such a list
)

// Item is one piece of a file, in the order of the file. It is valid until the next one.
type Item struct {
	Kind    Kind
	Info    *Info  // of Start
	Code    string // of a Gap
	Ordinal int64  // of a Record or Gap: its number in the file, from 0; -1 in a block
	Line    int64  // of a Record or Gap: the line where it begins, from 1; 0 in a block
	Offset  int64  // where it begins in the unpacked file
	Digest  [32]byte
	Values  []Value
	Raw     []byte // Raw only. A record's line end included
	Unread  bool   // of Glue: it stands in a gap, or is the rest that nobody can read
	Body    int    // Raw only: how much of Raw is the record itself; the digest is over that
}

// ValueKind says how a value is written.
type ValueKind uint8

// The kinds of value.
const (
	Text   ValueKind = iota
	Number           // a JSON number
	Bool             // true or false in JSON
	Member           // the name of a member of a JSON object, see doc.Leaf
	Quoted           // in quotes
	Fixed            // it is read and cannot be changed: an expression of SQL
)

// Value is one value of a record.
type Value struct {
	Name  string // of the field: a column, or the name of a path in a document ("contact[].mail")
	Path  string // concrete ("contact[2].mail"), "" where it equals Name
	Kind  ValueKind
	Null  bool
	Bytes []byte
	Start int // Raw only: of the value as written, quotes included, within Item.Raw
	End   int
}

// Summary says how a file ended.
type Summary struct {
	Info    Info   `json:"info"`
	Records int64  `json:"records"`       // gaps included
	Bytes   int64  `json:"bytes"`         // unpacked
	Gap     string `json:"gap,omitempty"` // the code of what hid the rest of the file
	Line    int64  `json:"line,omitempty"`
	Met     int64  `json:"met,omitempty"`     // of RewriteAt: edits whose record was met
	Refused string `json:"refused,omitempty"` // of RewriteAt: why an edit cannot be made
}

// ErrStop is returned by a caller's function that has had enough; Decode then returns without error.
var ErrStop = errors.New("stop")

// Config says how a Pool works. The zero Config is a good one.
type Config struct {
	Children int           // so many are kept for the next file, 2 when zero; as many are started as files are read at once
	Idle     time.Duration // a child that gives nothing for so long is replaced, 30 s when zero
	Inside   bool          // decode in this process even where a child could
}
