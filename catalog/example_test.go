package catalog_test

import (
	"fmt"

	"ciomirror/catalog"
)

func Example() {
	c := catalog.Default()
	messages, _ := c.Entity("messages")
	fmt.Println(messages.List.Path, messages.List.Items, messages.List.Size)
	created, _ := messages.Field("created")
	fmt.Println(created.Name, created.Kind(), created.Unit, created.Is(catalog.Indexed))
	email, _ := c.Entity("transactional_email")
	create, _ := email.Action("create")
	fmt.Println(create.Method, create.Path, "–", create.Effect)
	// Output:
	// /v1/messages messages 1000
	// created integer Unix s true
	// POST /v1/send/email – reaches people
}
