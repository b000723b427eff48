package saved

import (
	"cmp"
	"embed"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed builtin
var builtin embed.FS

// Load reads the queries of a folder, and those that come with the program and that
// no file of the folder has the name of, sorted by name. A file that is wrong is a
// fault and keeps no other from being read. path is what the folder is called; one
// that does not exist is empty.
func Load(folder fs.FS, path string) ([]*Query, []*Fault, error) {
	all, faults, err := read(folder, path)
	if err != nil {
		return nil, nil, err
	}
	ours, err := fs.Sub(builtin, "builtin")
	if err != nil {
		return nil, nil, err
	}
	supplied, wrong, err := read(ours, "")
	if err != nil {
		return nil, nil, err
	}
	for _, q := range supplied {
		q.File = ""
		if !slices.ContainsFunc(all, func(o *Query) bool { return o.Name == q.Name }) {
			all = append(all, q)
		}
	}
	slices.SortFunc(all, func(a, b *Query) int { return cmp.Compare(a.Name, b.Name) })
	return all, append(faults, wrong...), nil
}

func read(folder fs.FS, path string) (all []*Query, faults []*Fault, err error) {
	entries, err := fs.ReadDir(folder, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries { // by name: a .json before a .sql
		ext := filepath.Ext(e.Name())
		if ext != ".sql" && ext != ".json" || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		file := filepath.Join(path, e.Name())
		text, err := fs.ReadFile(folder, e.Name())
		if err != nil {
			faults = append(faults, &Fault{file, 1, err.Error()})
			continue
		}
		q, err := Parse(file, string(text))
		if f, ok := errors.AsType[*Fault](err); ok {
			faults = append(faults, f)
			continue
		}
		if i := slices.IndexFunc(all, func(o *Query) bool { return o.Name == q.Name }); i >= 0 {
			faults = append(faults, &Fault{file, 1, "there is " + filepath.Base(all[i].File) + " of the same name"})
			continue
		}
		all = append(all, q)
	}
	return all, faults, nil
}
