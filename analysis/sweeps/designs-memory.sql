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
), metadata AS (
  SELECT point, sum(value) FILTER (WHERE name != 'metadata.setup_time') AS bytes,
         max(value) FILTER (WHERE name = 'metadata.setup_time') AS setup
  FROM result
  WHERE name IN ('metadata.struct_page_bytes', 'metadata.tree_bytes', 'metadata.linear_map_bytes', 'metadata.setup_time')
  GROUP BY point
)
-- round() and not printf() where a figure may be missing: what is not known is not 0.
SELECT capacity AS "device memory", pmem AS "persistent memory", design, printf('%.3f', time / 1e9) AS ms,
       printf('%+.2f %%', 100.0 * time / min(time) OVER (PARTITION BY capacity, pmem) - 100) AS "over the fastest",
       round(bytes / 1048576.0, 1) AS "metadata of the device, MiB", round(setup / 1e9, 3) AS "its set-up, ms"
FROM run LEFT JOIN metadata USING (point)
ORDER BY capacity LIKE '%TiB', CAST(capacity AS INTEGER), pmem != 'none', pmem LIKE '%TiB', position;
