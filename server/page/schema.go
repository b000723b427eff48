package page

import "net/http"

// schemaView is what there is to ask for.
type schemaView struct {
	Tables    []tableDoc
	Operators []Operator
}

func (p *Page) schema(*http.Request) (answer, error) {
	return answer{view: "schema", title: "Schema", data: schemaView{Tables: p.tree(), Operators: p.o.Operators}}, nil
}
