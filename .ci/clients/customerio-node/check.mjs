// The official Node client, which nobody here wrote, against the simulator: every
// list and get that the catalog covers, the writes, the sends and the trigger.
// Usage: node check.mjs http://HOST:PORT
import assert from 'node:assert/strict';
import * as cio from 'customerio-node';

const base = process.argv[2];
const api = new cio.APIClient('sim-key', { url: `${base}/v1`, retry: { maxRetries: 0 } });
let passed = 0;

async function check(name, call, want) {
  let answer;
  try {
    answer = await call();
    want(answer);
  } catch (err) {
    console.error(`${name}: ${err?.message ?? err}`);
    console.error('answer:', JSON.stringify(answer)?.slice(0, 300));
    process.exitCode = 1;
    return answer;
  }
  passed++;
  return answer;
}

const list = (key) => (a) => assert.ok(a[key] === null || Array.isArray(a[key]), `no list under ${key}`);
const full = (key) => (a) => assert.ok(Array.isArray(a[key]) && a[key].length > 0, `no records under ${key}`);
const one = (key) => (a) => assert.equal(typeof a[key], 'object', `no record under ${key}`);

// Lists, and a get of the first record of each.
const campaigns = await check('listCampaigns', () => api.listCampaigns(), full('campaigns'));
const campaign = campaigns.campaigns.find((c) => (c.actions ?? []).length > 0).id;
await check('getCampaign', () => api.getCampaign(campaign), one('campaign'));
const actions = await check('getCampaignActions', () => api.getCampaignActions(campaign), full('actions'));
await check('getCampaignAction', () => api.getCampaignAction(campaign, actions.actions[0].id), one('action'));
const newsletters = await check('listNewsletters', () => api.listNewsletters({ limit: 100 }), full('newsletters'));
const newsletter = newsletters.newsletters[0].id;
await check('getNewsletter', () => api.getNewsletter(newsletter), one('newsletter'));
await check('getNewsletterContents', () => api.getNewsletterContents(newsletter), list('contents'));
const segments = await check('listSegments', () => api.listSegments(), full('segments'));
await check('getSegment', () => api.getSegment(segments.segments[0].id), one('segment'));
const messages = await check('getMessages', () => api.getMessages({ limit: 5 }), full('messages'));
await check('getMessage', () => api.getMessage(messages.messages[0].id), one('message'));
await check('listActivities', () => api.listActivities({ limit: 5 }), full('activities'));
const senders = await check('getSenderIdentities', () => api.getSenderIdentities(), full('sender_identities'));
await check('getSenderIdentity', () => api.getSenderIdentity(senders.sender_identities[0].id), one('sender_identity'));
await check('getSnippets', () => api.getSnippets(), full('snippets'));
const collections = await check('listCollections', () => api.listCollections(), full('collections'));
await check('getCollection', () => api.getCollection(collections.collections[0].id), one('collection'));
const hooks = await check('listReportingWebhooks', () => api.listReportingWebhooks(), full('reporting_webhooks'));
await check('getReportingWebhook', () => api.getReportingWebhook(hooks.reporting_webhooks[0].id),
  (a) => assert.equal(a.id, hooks.reporting_webhooks[0].id, 'a webhook comes bare'));
await check('listExports', () => api.listExports(), list('exports'));
const templates = await check('listTransactionalMessages', () => api.listTransactionalMessages(), full('messages'));
const template = templates.messages[0].id;
await check('getTransactionalMessage', () => api.getTransactionalMessage(template), one('message'));
const contents = await check('getTransactionalMessageContents', () => api.getTransactionalMessageContents(template), full('contents'));
const broadcasts = await check('listBroadcasts', () => api.listBroadcasts(), full('broadcasts'));
const broadcast = broadcasts.broadcasts[0].id;
await check('getBroadcast', () => api.getBroadcast(broadcast), one('broadcast'));
await check('getBroadcastActions', () => api.getBroadcastActions(broadcast), list('actions'));
await check('listWorkspaces', () => api.listWorkspaces(), full('workspaces'));
await check('listSubscriptionTopics', () => api.listSubscriptionTopics(), full('topics'));

// Writes of the reference page.
await check('createSegment', () => api.createSegment({ name: 'Made by the client' }), (a) => assert.ok(a.segment.id));
await check('createSnippet', () => api.createSnippet({ name: 'made', value: 'by the client' }), (a) => assert.equal(a.snippet.name, 'made'));
await check('updateSnippet', () => api.updateSnippet({ name: 'made', value: 'again' }), (a) => assert.equal(a.snippet.value, 'again'));
const made = await check('createCollection', () => api.createCollection({ name: 'made', data: [{ a: 1 }] }), (a) => assert.equal(a.collection.rows, 1));
await check('updateCollection', () => api.updateCollection(made.collection.id, { name: 'remade' }), (a) => assert.equal(a.collection.name, 'remade'));
const hook = { name: 'made', endpoint: 'https://example.com/hook', events: ['email_sent'] };
const newHook = await check('createReportingWebhook', () => api.createReportingWebhook(hook), (a) => assert.ok(a.id));
await check('updateReportingWebhook', () => api.updateReportingWebhook(newHook.id, { ...hook, disabled: true }), (a) => assert.equal(a.disabled, true));
const made2 = await check('createCustomersExport', () => api.createCustomersExport({ attribute: { field: 'id', operator: 'exists' } }), one('export'));
await check('getExport', () => api.getExport(made2.export.id), one('export'));
await check('updateTransactionalMessageContent',
  () => api.updateTransactionalMessageContent(template, contents.contents[0].id, { subject: 'New subject' }), full('content'));

// Sends and the trigger.
const to = { identifiers: { id: '1' } };
// A template's channel shows in its contents alone.
const templateOf = {};
for (const t of templates.messages) {
  for (const c of (await api.getTransactionalMessageContents(t.id)).contents) templateOf[c.type] ??= t.id;
}
const sent = (a) => { assert.ok(a.delivery_id); assert.equal(typeof a.queued_at, 'number'); };
await check('sendEmail', () => api.sendEmail(new cio.SendEmailRequest({ ...to, transactional_message_id: templateOf.email, to: 'ann@example.com', message_data: { a: 1 } })), sent);
await check('sendSMS', () => api.sendSMS(new cio.SendSMSRequest({ ...to, transactional_message_id: templateOf.twilio, to: '+15551234567' })), sent);
await check('sendPush', () => api.sendPush(new cio.SendPushRequest({ ...to, transactional_message_id: templateOf.push })), sent);
await check('sendInboxMessage', () => api.sendInboxMessage(new cio.SendInboxMessageRequest({ ...to, transactional_message_id: templateOf.inbox })), sent);
const trigger = await check('triggerBroadcast', () => api.triggerBroadcast(broadcast, { a: 1 }), (a) => assert.ok(a.id));
await check('getBroadcastTriggerStatus', () => api.getBroadcastTriggerStatus(broadcast, trigger.id), (a) => assert.equal(String(a.id), String(trigger.id)));
await check('getBroadcastTriggers', () => api.getBroadcastTriggers(broadcast), full('triggers'));

// What must fail, fails as the client expects.
await check('a missing campaign', () => api.getCampaign(99999999).then(() => assert.fail('it exists'), (e) => e), (e) => assert.equal(e.statusCode, 404));
const stranger = new cio.APIClient('another-key', { url: `${base}/v1`, retry: { maxRetries: 0 } });
await check('a wrong key', () => stranger.listCampaigns().then(() => assert.fail('it was let in'), (e) => e), (e) => assert.equal(e.statusCode, 401));

// Every other read of the client finds its route.
let answered = 0;
const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(api)).filter((m) => /^(get|list)/.test(m));
for (const m of methods) {
  try {
    await api[m](broadcast, 1, 1, 1);
    answered++;
  } catch (e) {
    if (e?.statusCode === 404 && /404 page not found/.test(e.message)) {
      console.log(`no route for ${m}`);
    } else {
      answered++;
    }
  }
}
console.log(`customerio-node: ${passed} calls checked; ${answered} of ${methods.length} reads have a route`);
