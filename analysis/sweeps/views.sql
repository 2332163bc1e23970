-- What the questions of this folder are asked of: temporary views over a store of any sweep.

-- What a point has of an axis, as people write it.
CREATE TEMP VIEW choice AS
SELECT point_axes.point, axes.path, point_axes.value ->> '$' AS value
FROM point_axes JOIN axes ON axes.position = point_axes.axis;

-- Figures of points that are done; times are picoseconds.
CREATE TEMP VIEW result AS
SELECT points.id AS point, points.position, figures.name, point_values.value
FROM points
JOIN point_values ON point_values.point = points.id
JOIN figures ON figures.id = point_values.figure
WHERE points.status = 'done';
