package page

import (
	"strings"
)

func commandSQL(v *queryView, values map[string]string) string {
	words := []string{"ciomirror", "sql"}
	for _, f := range v.Params {
		words = append(words, "--param", shell(f.Name+"="+values[f.Name]))
	}
	words = append(words, v.then()...)
	if strings.HasPrefix(v.SQL, "-") {
		words = append(words, "--") // a remark in front is no flag
	}
	return strings.Join(append(words, shell(v.SQL)), " ")
}

// then is the flag for the time that is asked about.
func (v *queryView) then() []string {
	if v.AsOf == "" {
		return nil
	}
	return []string{"--as-of", shell(v.AsOf)}
}

func commandSaved(v *queryView) string {
	words := []string{"ciomirror", "query", "run", v.Saved.Name}
	for _, f := range v.Params {
		if f.Required || f.Value != f.Default {
			words = append(words, "--param", shell(f.Name+"="+f.Value))
		}
	}
	return strings.Join(append(words, v.then()...), " ")
}

// saveSQL is the command that keeps a statement. What its parameters are now become
// their defaults.
func saveSQL(v *queryView) string {
	words := []string{"ciomirror", "query", "save", "NAME", "--sql", shell(v.SQL)}
	for _, f := range v.Params {
		words = append(words, "--param", shell(f.Name+"="+f.Value))
	}
	return strings.Join(words, " ")
}

// saveFilter is the command that keeps a search, with its parameters and their defaults.
func saveFilter(v *queryView) string {
	file := `{"entity":` + quoted(v.Entity) + `,"query":` + v.filterText()
	for i, f := range v.Params {
		before := ","
		if i == 0 {
			before = `,"params":{`
		}
		file += before + quoted(f.Name) + `:{"type":"text","default":` + quoted(f.Value) + `}`
	}
	if len(v.Params) > 0 {
		file += "}"
	}
	return "ciomirror query save NAME --data " + shell(file+"}")
}
