package sim

import (
	"net/http"
	"strings"
)

// A shelf is a resource of which the simulator knows nothing but that it can be
// made, listed, read, changed and deleted: the Design Studio, assets, imports.

func shelf(base, one, many string) []route {
	entity := strings.ReplaceAll(strings.TrimPrefix(base, "/v1/"), "/", "_")
	return []route{
		{method: "GET", path: base, entity: entity, do: shelfList(base, many)},
		{method: "POST", path: base, entity: entity, do: shelfCreate(base, one)},
		{method: "GET", path: base + "/{id}", entity: entity, do: shelfItem(base, one)},
		{method: "PUT", path: base + "/{id}", entity: entity, do: shelfItem(base, one)},
		{method: "DELETE", path: base + "/{id}", entity: entity, do: shelfItem(base, one)},
	}
}

// languages are the shelf of one Design Studio e-mail.
const languages = "/v1/design_studio/emails/{id}/languages"

var shelfRoutes = join(
	shelf("/v1/design_studio/folders", "folder", "folders"),
	shelf("/v1/design_studio/emails", "email", "emails"),
	shelf(languages, "translation", "translations"),
	shelf("/v1/design_studio/components", "component", "components"),
	shelf("/v1/assets/folders", "folder", "folders"),
	shelf("/v1/assets/files", "file", "files"),
	shelf("/v1/imports", "import", "imports"),
	[]route{
		{method: "GET", path: "/v1/assets", entity: "assets_files", do: shelfList("/v1/assets/files", "files")},
		{method: "POST", path: "/v1/data_index/attributes", entity: "data_index", do: acceptIndex},
		{method: "POST", path: "/v1/data_index/events", entity: "data_index", do: acceptIndex},
	},
)

// shelf is the table behind a resource. It is called under mu held alone or, for
// reading, finds nothing when nothing was made yet.
func (s *Sim) shelf(c *call, base string) *table {
	if base == languages {
		base += c.vars[0]
	}
	if t := s.shelves[base]; t != nil {
		return t
	}
	t := &table{stamp: "updated_at"}
	if c.method != http.MethodGet {
		s.shelves[base] = t
	}
	return t
}

func shelfList(base, many string) handler {
	return func(s *Sim, c *call) *reply {
		b := s.appendRows([]byte(`{"`+many+`":`), s.shelf(c, base).rows, false)
		return ok(append(s.appendNext(b, tokensCustomers, ""), '}'))
	}
}

func shelfCreate(base, one string) handler {
	return func(s *Sim, c *call) *reply {
		id := s.next("shelves")
		o := new(object).num("id", id)
		if !strings.HasPrefix(c.header.Get("Content-Type"), "multipart/") {
			in, bad := c.input()
			if bad != nil {
				return bad
			}
			if inner, wrapped := in.object(one); wrapped {
				in = inner
			}
			fill(o, in)
		}
		o.num("created_at", c.sec()).num("updated_at", c.sec())
		return single(one, s.shelf(c, base).add(&row{id: id, o: o}))
	}
}

// shelfItem reads, changes or deletes one item; a translation goes by its language.
func shelfItem(base, one string) handler {
	return func(s *Sim, c *call) *reply {
		t := s.shelf(c, base)
		var r *row
		if base == languages {
			for _, l := range t.rows {
				if l.o.text("language") == c.vars[1] {
					r = l
				}
			}
		} else if id, valid := c.id(0); valid {
			r = t.find(id)
		}
		if r == nil {
			return c.notFound()
		}
		switch c.method {
		case http.MethodDelete:
			t.remove(r.id)
			return nothing(http.StatusNoContent)
		case http.MethodPut:
			in, bad := c.input()
			if bad != nil {
				return bad
			}
			fill(r.o, in)
			t.touch(r, c.sec())
		}
		return single(one, r)
	}
}

// fill copies everything but the id, in an order that does not depend on chance.
func fill(o *object, in input) {
	for _, k := range in.keys() {
		if k != "id" {
			in.merge(o, k)
		}
	}
}

func acceptIndex(s *Sim, c *call) *reply {
	if _, bad := c.input(); bad != nil {
		return bad
	}
	return ok([]byte(`{"updated":true}`))
}
