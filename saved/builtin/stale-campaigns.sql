-- title: Running campaigns that went quiet
-- description: Campaigns that run but whose last delivery is older than some days before the newest delivery of all, or that never sent.
-- param days integer = 30: how long without a delivery
select c.id, c.name, c.type, datetime(m.last, 'unixepoch') as last_delivery
from campaigns c
	left join (select campaign_id, max(created) as last from messages where campaign_id is not null group by campaign_id) m
		on m.campaign_id = c.id
where c.state = 'running'
	and coalesce(m.last, 0) < (select max(created) from messages) - :days * 86400
order by m.last, c.id
