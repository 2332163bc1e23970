-- How much faster does each link make a workload, against PCIe 3?
WITH run AS (
  SELECT link.value AS link, accesses.value AS accesses, policy.value AS policy, result.value AS time
  FROM result
  JOIN choice AS link ON link.point = result.point AND link.path = 'platform'
  JOIN choice AS accesses ON accesses.point = result.point AND accesses.path = 'workload.generator'
  JOIN choice AS policy ON policy.point = result.point AND policy.path = 'policy'
  WHERE result.name = 'time.total'
), compared AS (
  SELECT run.*, slow.time AS slow, printf('%.2f x', 1.0 * slow.time / run.time) AS faster
  FROM run JOIN run AS slow USING (accesses, policy)
  WHERE slow.link = 'PCIe 3'
)
SELECT accesses, policy, printf('%.3f', max(slow) / 1e9) AS "PCIe 3, ms",
       max(faster) FILTER (WHERE link = 'PCIe 4') AS "PCIe 4", max(faster) FILTER (WHERE link = 'PCIe 5') AS "PCIe 5",
       max(faster) FILTER (WHERE link = 'PCIe 6') AS "PCIe 6", max(faster) FILTER (WHERE link = 'C2C') AS C2C
FROM compared
GROUP BY accesses, policy
ORDER BY accesses, policy;
