package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "ciomirror"

// imports says which packages of ours a package may import, and why it needs
// them. What is not here may import none.
var imports = map[string]map[string]string{
	"catalog":          {},
	"migrations":       {},
	"packaging":        {},
	"schedules":        {},
	"saved":            {"internal/sqltext": "a parameter that is declared is one of the statement"},
	"internal/canon":   {},
	"internal/newfile": {},
	"internal/sqltext": {},
	"internal/oracle":  {},
	"query/match":      {"internal/canon": "exact numbers and deep equality"},
	"cio":              {"catalog": "paths, paging and classes of failure"},
	"sim":              {},
	"store":            {"catalog": "an entity's fields are its table", "internal/canon": "cells and hashes are of canonical JSON", "internal/newfile": "what may be replaced is part of the contract"},
	"store/storetest":  {"catalog": "entities to store", "store": "the contract"},
	"store/sqlite": {
		"catalog":          "marks of columns",
		"internal/newfile": "exports and backups appear whole",
		"internal/sqltext": "one statement at a time",
		"migrations":       "the schema's steps",
		"query/match":      "the search's predicates become SQL functions; the search itself stays unknown",
		"store":            "the contract",
	},
	"query": {
		"catalog":        "names are looked up there and nowhere else",
		"internal/canon": "operands as they are stored",
		"query/match":    "conditions inside JSON",
	},
	"export": {
		"catalog": "fields have the types of columns", "query": "how a search describes its rows; where they are stays unknown",
		"internal/canon": "JSON and numbers as a search writes them", "internal/newfile": "files appear whole",
	},
	"sync": {
		"catalog": "what to walk",
		"store":   "where to put it; the client is known as Source alone",
	},
	"connector": {
		"catalog": "actions and parameters",
		"cio":     "its errors say what is known of a call; the client is known as Live alone",
		"store":   "records are rebuilt from rows, and writes noted; the store is known as Ledger alone",
		"query":   "searches", "internal/canon": "values cut to size", "query/match": "words and texts as the search sees them",
	},
	"server/page": {
		"catalog":          "columns, their units and what refers to what; all else it asks of its own interfaces, so that no face knows the store",
		"internal/sqltext": "a field for each parameter of a statement",
	},
	"server": {
		"catalog":   "describe and the OpenAPI document say what there is",
		"connector": "it executes; query and store stay behind it and behind Mirror",
	},
	"server/mcp": {
		"catalog": "entities, their keys and actions", "connector": "searches and writes; the mirror is known as Workspace alone", "query": "the names nearest to one that was mistyped",
		"server/mcp/internal/gate": "how clients get in",
	},
	"server/mcp/internal/gate":     {},
	"server/mcp/internal/fixtures": {"server/mcp/internal/gate": "what is to be proved"},
	"cmd/ciomirror": {
		"catalog": "", "cio": "", "connector": "", "export": "", "internal/newfile": "", "internal/sqltext": "", "packaging": "", "query": "", "saved": "", "schedules": "", "server": "", "server/mcp": "", "server/page": "", "sim": "", "store": "", "store/sqlite": "", "sync": "",
	},
	"internal/gen":      {"catalog": "what to describe", "query": "the operators", "store/sqlite": "how tables look"},
	"internal/archtest": {},
}

// banned calls enter the program in cmd and are handed down, so that everything
// below can be tested at any time and in any order.
var banned = map[string]string{
	"time.Now": "take Now through Options", "time.Since": "take Now through Options", "time.Until": "take Now through Options",
	"time.Sleep": "wait with a timer and the context",
	"os.Getenv":  "the environment is read in cmd", "os.LookupEnv": "the environment is read in cmd",
	"rand.Float64": "take randomness through Options", "rand.IntN": "take randomness through Options", "rand.Int": "take randomness through Options",
}

// file is one parsed file of ours.
type file struct {
	path, pkg string // relative to the module's root
	ast       *ast.File
	test      bool
}

func files(t *testing.T) []file {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "tools" || name == "node_modules") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		all = append(all, file{path: filepath.ToSlash(rel), pkg: filepath.ToSlash(filepath.Dir(rel)), ast: parsed, test: strings.HasSuffix(name, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d files found: the walk is wrong", len(all))
	}
	return all
}

func TestImportsKeepToTheHouse(t *testing.T) {
	for _, f := range files(t) {
		allowed, known := imports[f.pkg]
		if !known {
			t.Errorf("%s: package %s has no row in imports: add one, with reasons", f.path, f.pkg)
			continue
		}
		for _, spec := range f.ast.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			ours, ok := strings.CutPrefix(path, module+"/")
			if !ok {
				continue
			}
			if _, ok := allowed[ours]; !ok && !f.test && ours != f.pkg {
				t.Errorf("%s imports %s, which its row does not allow", f.path, ours)
			}
			if ours == "sync" && (spec.Name == nil || spec.Name.Name != "syncer") {
				t.Errorf("%s: import our sync as syncer", f.path)
			}
			if strings.HasPrefix(ours, "cmd/") {
				t.Errorf("%s imports %s: nobody imports cmd", f.path, ours)
			}
			if f.pkg == "sim" && ours == "cio" {
				t.Errorf("%s: the simulator and the client must not share a bug", f.path)
			}
		}
	}
}

func TestCatalogAndSchedulesStayLight(t *testing.T) {
	light := map[string][]string{
		"catalog":   nil,
		"schedules": {"github.com/robfig/cron/v3"},
	}
	for _, f := range files(t) {
		third, ok := light[f.pkg]
		if !ok || f.test {
			continue
		}
		for _, spec := range f.ast.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if strings.Contains(strings.Split(path, "/")[0], ".") && !slices.Contains(third, path) {
				t.Errorf("%s imports %s", f.path, path)
			}
		}
	}
}

func TestClockEnvironmentAndChanceEnterInCmd(t *testing.T) {
	for _, f := range files(t) {
		if f.test || strings.HasPrefix(f.pkg, "cmd/") || f.pkg == "internal/gen" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok {
					if why, bad := banned[x.Name+"."+s.Sel.Name]; bad {
						t.Errorf("%s calls %s.%s: %s", f.path, x.Name, s.Sel.Name, why)
					}
				}
			}
			return true
		})
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init", f.path)
			}
		}
	}
}

func TestEveryPackageSaysOnceWhatItIs(t *testing.T) {
	docs := map[string][]string{}
	for _, f := range files(t) {
		if f.test {
			continue
		}
		if _, ok := docs[f.pkg]; !ok {
			docs[f.pkg] = nil
		}
		if f.ast.Doc != nil {
			docs[f.pkg] = append(docs[f.pkg], f.path)
		}
	}
	for pkg, in := range docs {
		if len(in) != 1 {
			t.Errorf("package %s has %d package comments %v, want one", pkg, len(in), in)
		}
	}
}
