-- title: What went out, week by week
-- description: Deliveries by channel in whole weeks from Monday to Sunday (UTC), newest first, with open and click rates as shares of what was sent. The first is the week of the newest delivery, which may still be running.
-- param weeks integer = 4: how many weeks: that of the newest delivery and those before it
select date(created, 'unixepoch', '-6 days', 'weekday 1') as week, type as channel,
	count(*) filter (where metric_sent > 0) as sent,
	count(*) filter (where metric_delivered > 0) as delivered,
	count(*) filter (where metric_bounced > 0) as bounced,
	count(*) filter (where metric_unsubscribed > 0) as unsubscribed,
	round(1.0 * count(*) filter (where metric_human_opened > 0) / nullif(count(*) filter (where metric_sent > 0), 0), 4) as human_open_rate,
	round(1.0 * count(*) filter (where metric_human_clicked > 0) / nullif(count(*) filter (where metric_sent > 0), 0), 4) as human_click_rate
from messages
where created >= unixepoch((select max(created) from messages), 'unixepoch', '-6 days', 'weekday 1', 'start of day') - (:weeks - 1) * 604800
group by 1, 2
order by 1 desc, sent desc, channel
