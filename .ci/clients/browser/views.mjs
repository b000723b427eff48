// The views that are looked at, each with a state that has something to show.
const sql = (statement) => "/sql?sql=" + encodeURIComponent(statement);

export const views = {
  home: "/",
  table: "/t/campaigns?state=running&_sort=-updated",
  "table of messages": "/t/messages?type=email&_sort=-created",
  "table without rows": "/t/campaigns?name=nobody",
  "wrong filter": "/t/campaigns?stat=running",
  "filter of two lines": "/t/campaigns?name=" + encodeURIComponent("two\nlines"),
  columns: "/t/messages/columns",
  record: "/t/campaigns/1",
  "unknown record": "/t/campaigns/99999",
  query: sql("select name, sent, open_rate, click_rate from campaign_performance where sent > 0 order by sent desc"),
  "wrong query": sql("select nam from campaigns"),
  "query with a parameter": sql("select name from campaigns where state = :state"),
  "filter JSON": "/sql?entity=segments&filter=" + encodeURIComponent('{"sort":[{"name":"asc"}]}'),
  "saved queries": "/sql?tab=saved",
  runs: "/runs",
  run: "/runs/1",
  changes: "/diff",
  schema: "/schema",
  find: "/go?q=camp",
};

// What they answer with, where it is not 200.
export const codes = { "wrong filter": 400, "wrong query": 400, "query with a parameter": 400, "unknown record": 404 };
