// Checks what we make with Go's own golang.org/x/mod/sumdb/note and tlog: a case a line on standard input, an answer a line.
package main

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Kind      string
	Note      string
	Vkey      string
	Cosigner  string
	Seed      string
	Directory string
	Size      int64
	Old       int64
	Index     int64
	Root      string
	OldRoot   string
	Leaf      string
	Proof     []string
}

// A cosigner of type 0x04 (https://c2sp.org/tlog-cosignature), which Go's note package has not.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	time := binary.BigEndian.Uint64(sig)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func parseCosigner(vkey string) cosigner {
	parts := strings.SplitN(vkey, "+", 3)
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	must(err)
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), raw...))
	return cosigner{parts[0], binary.BigEndian.Uint32(digest[:]), ed25519.PublicKey(raw[1:])}
}

// Tiles as https://c2sp.org/tlog-tiles names them: Go's names say their height too.
type tiles struct{ directory string }

func (t tiles) Height() int { return 8 }
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(t.directory, path))
		if err != nil {
			return nil, err
		}
		read = append(read, bytes)
	}
	return read, nil
}
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func answer(q question) (string, error) {
	switch q.Kind {
	case "note":
		verifier, err := note.NewVerifier(q.Vkey)
		if err != nil {
			return "", err
		}
		known := []note.Verifier{verifier}
		if q.Cosigner != "" {
			known = append(known, parseCosigner(q.Cosigner))
		}
		opened, err := note.Open([]byte(q.Note), note.VerifierList(known...))
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d known, %d unknown, %d bytes", len(opened.Sigs), len(opened.UnverifiedSigs), len(opened.Text)), nil
	case "sign":
		seed, err := base64.StdEncoding.DecodeString(q.Seed)
		if err != nil {
			return "", err
		}
		key := ed25519.NewKeyFromSeed(seed)
		vkey, err := note.NewEd25519VerifierKey("go.example/log", key.Public().(ed25519.PublicKey))
		if err != nil {
			return "", err
		}
		hash := strings.Split(vkey, "+")[1]
		signer, err := note.NewSigner("PRIVATE+KEY+go.example/log+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)))
		if err != nil {
			return "", err
		}
		signed, err := note.Sign(&note.Note{Text: q.Note}, signer)
		return vkey + "\n" + string(signed), err
	case "tree":
		return "ok", tlog.CheckTree(hashes(q.Proof), q.Size, hash(q.Root), q.Old, hash(q.OldRoot))
	case "record":
		return "ok", tlog.CheckRecord(hashes(q.Proof), q.Size, hash(q.Root), q.Index, hash(q.Leaf))
	case "tiles":
		tree := tlog.Tree{N: q.Size, Hash: hash(q.Root)}
		reader := tlog.TileHashReader(tree, tiles{q.Directory})
		proof, err := tlog.ProveRecord(q.Size, q.Index, reader)
		if err != nil {
			return "", err
		}
		return "ok", tlog.CheckRecord(proof, q.Size, tree.Hash, q.Index, hash(q.Leaf))
	}
	return "", fmt.Errorf("no such question: %s", q.Kind)
}

func hash(text string) (h tlog.Hash) {
	bytes, err := hex.DecodeString(text)
	must(err)
	copy(h[:], bytes)
	return h
}

func hashes(texts []string) (all []tlog.Hash) {
	for _, one := range texts {
		all = append(all, hash(one))
	}
	return all
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<22)
	output := json.NewEncoder(os.Stdout)
	for input.Scan() {
		var q question
		must(json.Unmarshal(input.Bytes(), &q))
		text, err := answer(q)
		if err != nil {
			text = "error: " + err.Error()
		}
		must(output.Encode(text))
	}
}
