-- What does each change do to the time, and is it more than another seed would do?
WITH run AS (
  SELECT result.point, result.position, result.value AS time,
         (SELECT group_concat(path || ' = ' || value, ', ') FROM choice WHERE choice.point = result.point AND path != 'seed')
           AS change
  FROM result
  WHERE result.name = 'time.total'
), seeds AS (
  SELECT avg(time) AS mean, min(time) AS least, max(time) AS most FROM run WHERE change IS NULL
)
SELECT coalesce(change, 'none, five seeds') AS change, printf('%.3f', avg(time) / 1e9) AS ms,
       printf('%+.2f %%', 100.0 * avg(time) / mean - 100) AS "time changes by",
       CASE WHEN change IS NULL THEN printf('%+.2f to %+.2f %%', 100.0 * least / mean - 100, 100.0 * most / mean - 100)
            WHEN avg(time) BETWEEN least AND most THEN 'no more than a seed'
            ELSE 'more than a seed' END AS "which is"
FROM run, seeds
GROUP BY change
ORDER BY change IS NOT NULL, min(position);
