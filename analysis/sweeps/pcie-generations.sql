-- How much faster does each link make a workload, against PCIe 3?
WITH run AS (
  SELECT link.value AS link, accesses.value AS accesses, policy.value AS policy, result.value AS time
  FROM result
  JOIN choice AS link ON link.point = result.point AND link.path = 'platform'
  JOIN choice AS accesses ON accesses.point = result.point AND accesses.path = 'workload.generator'
  JOIN choice AS policy ON policy.point = result.point AND policy.path = 'policy'
  WHERE result.name = 'time.total'
)
SELECT accesses, policy, printf('%.3f', max(time) FILTER (WHERE link = 'PCIe 3') / 1e9) AS "PCIe 3, ms",
       printf('%.2f x', max(time) FILTER (WHERE link = 'PCIe 3') * 1.0 / max(time) FILTER (WHERE link = 'PCIe 4')) AS "PCIe 4",
       printf('%.2f x', max(time) FILTER (WHERE link = 'PCIe 3') * 1.0 / max(time) FILTER (WHERE link = 'PCIe 5')) AS "PCIe 5",
       printf('%.2f x', max(time) FILTER (WHERE link = 'PCIe 3') * 1.0 / max(time) FILTER (WHERE link = 'PCIe 6')) AS "PCIe 6",
       printf('%.2f x', max(time) FILTER (WHERE link = 'PCIe 3') * 1.0 / max(time) FILTER (WHERE link = 'C2C')) AS C2C
FROM run
GROUP BY accesses, policy
ORDER BY accesses, policy;
