-- By how much do results depart from those of the finest quantum?
WITH run AS (
  SELECT CAST(accesses.value AS INTEGER) AS accesses, quantum.value AS quantum, capacity.value AS capacity, result.value AS time
  FROM result
  JOIN choice AS accesses ON accesses.point = result.point AND accesses.path = 'replay.quantum'
  JOIN choice AS quantum ON quantum.point = result.point AND quantum.path = 'replay.quantum_time'
  JOIN choice AS capacity ON capacity.point = result.point AND capacity.path = 'memory.device_capacity'
  WHERE result.name = 'time.total'
), compared AS (
  SELECT *, 100.0 * time / first_value(time) OVER (PARTITION BY capacity ORDER BY CAST(quantum AS INTEGER), accesses) - 100
    AS departs
  FROM run
)
SELECT quantum AS "time a quantum", accesses AS "accesses a quantum", printf('%.3f', avg(time) / 1e9) AS "mean ms",
       printf('%+.4f %%', avg(departs)) AS "mean departs", printf('%.4f %%', max(abs(departs))) AS "most of a capacity"
FROM compared
GROUP BY quantum, accesses
ORDER BY CAST(quantum AS INTEGER), accesses;
