-- What does a design cost, in time and in memory, on larger devices and beside persistent memory?
WITH run AS (
  SELECT result.point, design.value AS design, capacity.value AS capacity, pmem.value AS pmem, result.position,
         result.value AS time
  FROM result
  JOIN choice AS design ON design.point = result.point AND design.path = 'design'
  JOIN choice AS capacity
    ON capacity.point = result.point AND capacity.path = 'platform.devices.gpu0.memory.capacity'
  JOIN choice AS pmem ON pmem.point = result.point AND pmem.path = 'kernel.pmem'
  WHERE result.name = 'time.total'
)
SELECT capacity AS "device memory", pmem AS "persistent memory", design, printf('%.3f', time / 1e9) AS ms,
       printf('%+.2f %%', 100.0 * time / min(time) OVER (PARTITION BY capacity, pmem) - 100) AS "over the fastest",
       printf('%.1f', (SELECT value FROM result WHERE result.point = run.point AND name = 'metadata.bytes') / 1048576.0)
         AS "metadata, MiB"
FROM run
ORDER BY capacity LIKE '%TiB', CAST(capacity AS INTEGER), pmem != 'none', pmem LIKE '%TiB', position;
