-- title: Bounces by the recipient's domain
-- description: Which mail domains refuse us, worst first, among those that got at least some e-mails.
-- param since time = 90d: deliveries made since then
-- param at_least integer = 1: leave out domains with fewer e-mails
select lower(substr(recipient, instr(recipient, '@') + 1)) as domain,
	count(*) as emails,
	count(*) filter (where metric_bounced > 0) as bounced,
	round(1.0 * count(*) filter (where metric_bounced > 0) / count(*), 4) as bounce_rate
from messages
where type = 'email' and created >= :since and instr(recipient, '@')
group by 1
having emails >= :at_least and bounced > 0
order by bounce_rate desc, bounced desc, domain
