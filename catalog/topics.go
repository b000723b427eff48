package catalog

// subscriptionTopics have no times. Their envelope key is topics, not the last
// part of the path.
func subscriptionTopics() *Entity {
	return &Entity{
		Name:  "subscription_topics",
		Doc:   "What people can subscribe to in the subscription centre.",
		Key:   []string{"id"},
		Shown: []string{"id", "identifier", "name", "description", "subscribed_by_default"},
		List:  List{Path: "/v1/subscription_topics", Items: "topics", Complete: true},
		Fields: []Field{
			{Name: "id", Types: []Kind{Integer, String}, Doc: "the topic's number, which newsletters.subscription_topic_id uses; one source has it as text"},
			{Name: "identifier", Types: []Kind{String}, Doc: "its name in people's preferences"},
			{Name: "name", Types: []Kind{String}, Marks: FullText, Doc: "what people read"},
			{Name: "description", Types: []Kind{String}, Marks: FullText, Doc: "what people read about it"},
			{Name: "subscribed_by_default", Types: []Kind{Boolean}, Doc: "people follow it until they say no"},
		},
	}
}
