-- Which policy is fastest on which machine, with how much memory, and what does the wrong one cost?
WITH run AS (
  SELECT machine.value AS machine, memory.value AS memory, policy.value AS policy, result.value AS time
  FROM result
  JOIN choice AS machine ON machine.point = result.point AND machine.path = 'platform'
  JOIN choice AS memory ON memory.point = result.point AND memory.path = 'memory.device_capacity'
  JOIN choice AS policy ON policy.point = result.point AND policy.path = 'policy'
  WHERE result.name = 'time.total'
), ranked AS (
  SELECT *, row_number() OVER fastest AS rank, lead(policy) OVER fastest AS second, lead(time) OVER fastest AS second_time,
         max(time) OVER (PARTITION BY machine, memory) AS slowest
  FROM run
  WINDOW fastest AS (PARTITION BY machine, memory ORDER BY time, policy)
)
SELECT machine, memory AS "device memory", policy AS fastest, printf('%.3f', time / 1e9) AS ms, second,
       printf('%.2f x', 1.0 * second_time / time) AS "second takes",
       printf('%.1f x', 1.0 * slowest / time) AS "slowest takes"
FROM ranked WHERE rank = 1
ORDER BY machine, CAST(memory AS INTEGER);
