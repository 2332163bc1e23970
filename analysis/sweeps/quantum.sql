-- By how much do results depart from those of the finest quantum? The seeds' own spread stands beside it.
WITH run AS (
  SELECT CAST(accesses.value AS INTEGER) AS accesses, quantum.value AS quantum, seed.value AS seed, result.value AS time
  FROM result
  JOIN choice AS accesses ON accesses.point = result.point AND accesses.path = 'replay.quantum'
  JOIN choice AS quantum ON quantum.point = result.point AND quantum.path = 'replay.quantum_time'
  JOIN choice AS seed ON seed.point = result.point AND seed.path = 'seed'
  WHERE result.name = 'time.total'
), compared AS (
  SELECT *, 100.0 * time / first_value(time) OVER (PARTITION BY seed ORDER BY CAST(quantum AS INTEGER), accesses) - 100
    AS departs
  FROM run
)
SELECT quantum AS "time a quantum", accesses AS "accesses a quantum", printf('%.3f', avg(time) / 1e9) AS "mean ms",
       printf('%+.2f %%', avg(departs)) AS "mean departs", printf('%.2f %%', max(abs(departs))) AS "most of a seed",
       printf('%.2f %%', 100.0 * (max(time) - min(time)) / avg(time)) AS "seeds differ by"
FROM compared
GROUP BY quantum, accesses
ORDER BY CAST(quantum AS INTEGER), accesses;
