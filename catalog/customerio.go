package catalog

// customerio lists the entities in the order in which people read them: those of
// the reference page in the page's order, then those that the page lacks. Parents
// stand before their children.
//
// The literals are funcs, not variables, so that each Default call owns its
// slices: a caller that sorts or edits its catalog cannot change another's.
func customerio() []*Entity {
	return []*Entity{
		campaigns(),
		campaignActions(),
		newsletters(),
		segments(),
		messages(),
		activities(),
		senderIdentities(),
		snippets(),
		collections(),
		reportingWebhooks(),
		exports(),
		transactionalMessages(),
		transactionalMessageContents(),
		transactionalEmail(),
		transactionalSMS(),
		transactionalPush(),
		transactionalInboxMessage(),
		broadcastTrigger(),
		broadcasts(),
		broadcastActions(),
		newsletterContents(),
		workspaces(),
		subscriptionTopics(),
	}
}
