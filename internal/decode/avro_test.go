package decode_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hamba/avro/v2/ocf"

	"vestige/internal/decode"
)

const avroSchema = `{"type":"record","name":"p","fields":[{"name":"id","type":"long"},{"name":"mail","type":["null","string"]},
 {"name":"tags","type":{"type":"array","items":"string"}},{"name":"more","type":{"type":"map","values":["null","long","string"]}}]}`

// avroOf gives a file of n records in blocks of ten.
func avroOf(t testing.TB, codec ocf.CodecName, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := ocf.NewEncoder(avroSchema, &b, ocf.WithBlockLength(10), ocf.WithCodec(codec))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		v := map[string]any{"id": int64(i), "mail": fmt.Sprintf("p%d@example.com", i), "tags": []string{"a", "b"}, "more": map[string]any{"x": map[string]any{"string": "y"}}}
		if i == 1 {
			v["mail"] = nil
		}
		if err := w.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAvro(t *testing.T) {
	p := pools(t)["child"]
	for _, codec := range []ocf.CodecName{ocf.Null, ocf.Deflate, ocf.Snappy, ocf.ZStandard} {
		file := avroOf(t, codec, 45)
		got, digests, s := readAt(t, p, decode.Options{}, file)
		want := []string{`0 id="0" mail="p0@example.com" tags[]@tags[0]="a" tags[]@tags[1]="b" more.x="y"`, `1 id="1" mail=null tags[]@tags[0]="a" tags[]@tags[1]="b" more.x="y"`}
		if d := cmp.Diff(want, got[:min(2, len(got))]); d != "" || len(got) != 45 || s.Gap != "" {
			t.Fatal(codec, len(got), s.Gap, d)
		}
		edits := []decode.Edit{{Ordinal: 12, Digest: digests[12], Delete: true}, {Ordinal: 15, Digest: digests[15], Changes: []decode.EditChange{{Path: "mail"}, {Path: "tags[1]", New: []byte("[x]")}, {Path: "id", New: []byte("-7")}}}}
		var out bytes.Buffer
		s, err := p.RewriteAt(t.Context(), decode.Options{Edits: edits}, bytes.NewReader(file), int64(len(file)), &out)
		if err != nil || s.Gap != "" || s.Refused != "" || s.Met != 2 {
			t.Fatalf("%v %+v", err, s)
		}
		after, _, _ := readAt(t, p, decode.Options{}, out.Bytes())
		if len(after) != 44 || strings.TrimPrefix(after[14], "14 ") != `id="-7" mail=null tags[]@tags[0]="a" tags[]@tags[1]="[x]" more.x="y"` {
			t.Errorf("%s: %d records, %v", codec, len(after), after[14:15])
		}
		dec, err := ocf.NewDecoder(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for ; dec.HasNext(); n++ {
			var v any
			if err := dec.Decode(&v); err != nil {
				t.Fatal(err)
			}
		}
		if n != 44 || dec.Error() != nil || !bytes.HasSuffix(out.Bytes(), file[len(file)-len(file)/5:]) {
			t.Errorf("%s: another reader finds %d records: %v", codec, n, dec.Error())
		}
	}
}
