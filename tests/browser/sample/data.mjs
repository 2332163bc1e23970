// Charts and data such as `farfault report` writes: one chart of each kind, and names that are meant to break a page.

const numbers = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0; // mulberry32
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const round = (value, digits = 4) => Number(value.toPrecision(digits));

export const hostile = [
  '</script><script>alert(1)</script>',
  '"quoted" \'twice\' & <b>bold</b> <img src=x onerror=alert(2)>',
  '\u202egnorw eht yaw dnuor\u202c \u200fשלום\u200f \u2066x\u2069',
  '🚀 emoji 👩‍👩‍👧‍👦 and \u0000\u0007 control, \ud800 half a pair, \u2028 line',
  `long ${'very '.repeat(2000)}long`,
  'plain',
];

const policies = ['tree prefetch', 'no prefetch', 'hints', 'oracle'];
const parts = ['compute', 'local memory', 'remote memory', 'fault stall', 'driver', 'wait'];
const causes = ['demand', 'prefetch', 'eviction', 'cpu_fault', 'peer', 'remote', 'gup', 'cow', 'staging', 'memcpy'];

const schema = 'https://vega.github.io/schema/vega-lite/v6.json';
const charts = {};
const datasets = {};
const titles = {};

function add(id, { title, description, figure, canvas, marks, dataset, columns, ...spec }) {
  titles[id] = { title, description, height: figure.height };
  charts[id] = {
    $schema: schema,
    ...spec,
    usermeta: {
      figure,
      marks,
      embedOptions: { renderer: canvas ? 'canvas' : 'svg' },
      table: { dataset, columns },
    },
  };
}

// Bars: where the time goes.
{
  const random = numbers(1);
  const rows = [];
  for (const policy of [...policies, hostile[0], hostile[4]]) {
    parts.forEach((part, order) => rows.push([policy, part, order, round(random() * 8 + 0.4)]));
  }
  datasets.time_parts = { fields: ['design', 'part', 'part_order', 'ms'], rows };
  add('time-parts', {
    title: 'Where the time goes',
    description: 'Time of each design by component, in milliseconds. Fault stalls make up most of the difference.',
    figure: { width: 760, height: 260 },
    marks: { parts: rows.length },
    dataset: 'time_parts',
    columns: [{ field: 'design', title: 'design' }, { field: 'part', title: 'component' }, { field: 'ms', title: 'time (ms)' }],
    width: 'container',
    height: 260,
    data: { name: 'time_parts' },
    name: 'parts',
    mark: { type: 'bar', height: { band: 0.72 } },
    encoding: {
      y: { field: 'design', type: 'nominal', sort: null, title: null },
      x: { field: 'ms', type: 'quantitative', title: 'time (ms)' },
      color: { field: 'part', type: 'nominal', sort: parts, title: 'component' },
      order: { field: 'part_order', type: 'quantitative' },
      tooltip: [
        { field: 'design', type: 'nominal', title: 'design' },
        { field: 'part', type: 'nominal', title: 'component' },
        { field: 'ms', type: 'quantitative', title: 'time (ms)', format: '.3f' },
      ],
    },
  });
}

// Stacked area over time.
{
  const random = numbers(2);
  const rows = [];
  for (let bin = 0; bin < 300; bin++) {
    causes.forEach((cause, order) => {
      const phase = Math.sin(bin / (14 + order * 5) + order) + 1;
      rows.push([round(bin * 0.0833, 6), cause, order, round(phase * (order < 3 ? 7 : 1.3) * (0.6 + random() * 0.4))]);
    });
  }
  datasets.link_demand = { fields: ['ms', 'cause', 'cause_order', 'gb_per_s'], rows };
  add('link-bandwidth', {
    title: 'Bandwidth over time: pcie, to the device',
    description: 'Gigabytes per second over the link by cause of the transfer, in bins of 0.083 ms.',
    figure: { width: 760, height: 280 },
    marks: { areas: rows.length, areas_pathgroup: causes.length },
    dataset: 'link_demand',
    columns: [{ field: 'ms', title: 'time (ms)' }, { field: 'cause', title: 'cause' }, { field: 'gb_per_s', title: 'bandwidth (GB/s)' }],
    width: 'container',
    height: 280,
    data: { name: 'link_demand' },
    name: 'areas',
    mark: { type: 'area', interpolate: 'step-after' },
    encoding: {
      x: { field: 'ms', type: 'quantitative', title: 'time (ms)', scale: { nice: false } },
      y: { field: 'gb_per_s', type: 'quantitative', stack: 'zero', title: 'bandwidth (GB/s)' },
      color: { field: 'cause', type: 'nominal', sort: causes, title: 'cause' },
      order: { field: 'cause_order', type: 'quantitative' },
      tooltip: [{ field: 'cause', type: 'nominal', title: 'cause' }],
    },
  });
}

// Cumulative distribution as steps, with a series for every hostile name.
{
  const random = numbers(3);
  const rows = [];
  hostile.forEach((name, series) => {
    for (let i = 0; i <= 60; i++) {
      rows.push([name, round(2 * 10 ** ((i / 60) * 2.2 + series * 0.12 + random() * 0.01), 5), round(i / 60)]);
    }
  });
  datasets.latency_cdf = { fields: ['series', 'us', 'share'], rows };
  add('latency-cdf', {
    title: 'Latency of faults',
    description: 'Share of faults that were over within a time, in microseconds (logarithmic).',
    figure: { width: 760, height: 300 },
    marks: { cdf: rows.length, cdf_pathgroup: hostile.length },
    dataset: 'latency_cdf',
    columns: [{ field: 'series', title: 'series' }, { field: 'us', title: 'latency (µs)' }, { field: 'share', title: 'share' }],
    width: 'container',
    height: 300,
    data: { name: 'latency_cdf' },
    name: 'cdf',
    mark: { type: 'line', interpolate: 'step-after' },
    encoding: {
      x: { field: 'us', type: 'quantitative', scale: { type: 'log', nice: false }, title: 'latency (µs)', axis: { format: '~s' } },
      y: { field: 'share', type: 'quantitative', title: 'share of faults', axis: { format: '.0%' } },
      color: { field: 'series', type: 'nominal', sort: null, title: 'series' },
      tooltip: [{ field: 'series', type: 'nominal', title: 'series' }],
    },
  });
}

// Heat map: address by time.
{
  const rows = [];
  for (let row = 0; row < 256; row++) {
    for (let bin = 0; bin < 256; bin++) {
      const wave = Math.max(0, Math.sin((row + bin) / 19)) * 900 + (row % 64 === 0 ? 700 : 0) + ((row * 7 + bin * 3) % 11) * 9;
      rows.push([row, row + 1, round(bin * 0.0976, 6), round((bin + 1) * 0.0976, 6), Math.floor(wave)]);
    }
  }
  datasets.heat = { fields: ['row', 'row_end', 'ms', 'ms_end', 'accesses'], rows };
  add('heat-map', {
    title: 'Accesses by address and time',
    description: 'Accesses of the device in cells of 64 KiB and 0.098 ms. A front sweeps over the addresses.',
    figure: { width: 760, height: 420 },
    canvas: true,
    marks: { cells: rows.length },
    dataset: 'heat',
    columns: [{ field: 'row', title: 'row' }, { field: 'ms', title: 'time (ms)' }, { field: 'accesses', title: 'accesses' }],
    width: 'container',
    height: 420,
    data: { name: 'heat' },
    name: 'cells',
    mark: { type: 'rect' },
    encoding: {
      x: { field: 'ms', type: 'quantitative', title: 'time (ms)', scale: { nice: false } },
      x2: { field: 'ms_end' },
      y: { field: 'row', type: 'quantitative', title: 'address (64 KiB rows)', scale: { nice: false, reverse: true } },
      y2: { field: 'row_end' },
      color: { field: 'accesses', type: 'quantitative', title: 'accesses' },
      tooltip: [
        { field: 'row', type: 'quantitative', title: 'row' },
        { field: 'ms', type: 'quantitative', title: 'time (ms)' },
        { field: 'accesses', type: 'quantitative', title: 'accesses' },
      ],
    },
  });
}

// Histogram, binned before.
{
  const rows = [];
  for (let bin = 0; bin < 40; bin++) rows.push([bin * 5, bin * 5 + 5, Math.round(4000 * Math.exp(-(((bin - 13) / 6) ** 2)) + bin)]);
  datasets.batch_sizes = { fields: ['from', 'to', 'batches'], rows };
  add('batch-sizes', {
    title: 'Faults in a batch',
    description: 'How many batches had how many faults; most had 60 to 75.',
    figure: { width: 760, height: 220 },
    marks: { bins: rows.length },
    dataset: 'batch_sizes',
    columns: [{ field: 'from', title: 'from' }, { field: 'to', title: 'below' }, { field: 'batches', title: 'batches' }],
    width: 'container',
    height: 220,
    data: { name: 'batch_sizes' },
    name: 'bins',
    mark: { type: 'bar', binSpacing: 1 },
    encoding: {
      x: { field: 'from', type: 'quantitative', bin: { binned: true, step: 5 }, title: 'faults in the batch' },
      x2: { field: 'to' },
      y: { field: 'batches', type: 'quantitative', title: 'batches' },
      tooltip: [{ field: 'from', type: 'quantitative', title: 'from' }, { field: 'batches', type: 'quantitative', title: 'batches' }],
    },
  });
}

// Parallel coordinates of 5,000 designs.
{
  const random = numbers(6);
  const axes = ['batch size', 'prefetch', 'memory (GiB)', 'link (GB/s)', 'time (ms)'];
  const rows = [];
  for (let design = 0; design < 5000; design++) {
    const values = [random(), random(), random(), random()];
    values.push(Math.min(1, Math.max(0, 1 - values[3] * 0.6 - values[2] * 0.4 + random() * 0.15)));
    axes.forEach((axis, order) => rows.push([design, axis, order, round(values[order]), round(values[4])]));
  }
  datasets.designs = { fields: ['design', 'axis', 'axis_order', 'position', 'score'], rows };
  add('designs', {
    title: 'All 5,000 designs',
    description: 'Each line is a design; its place on an axis is its value between the least (bottom) and the most (top).',
    figure: { width: 760, height: 320 },
    canvas: true,
    marks: { lines: rows.length, lines_pathgroup: 5000 },
    dataset: 'designs',
    columns: [{ field: 'design', title: 'design' }, { field: 'axis', title: 'axis' }, { field: 'position', title: 'position' }],
    width: 'container',
    height: 320,
    data: { name: 'designs' },
    name: 'lines',
    mark: { type: 'line', strokeWidth: 0.7, opacity: 0.16 },
    encoding: {
      x: { field: 'axis', type: 'nominal', sort: null, title: null, scale: { type: 'point', padding: 0.3 }, axis: { labelAngle: 0, grid: true, domain: false } },
      y: { field: 'position', type: 'quantitative', title: 'position between least and most', axis: { format: '.0%' } },
      detail: { field: 'design', type: 'nominal' },
      color: { field: 'score', type: 'quantitative', title: 'time (scaled)' },
    },
  });
}

// Scatter with the line of the best.
{
  const random = numbers(7);
  const points = [];
  for (let i = 0; i < 240; i++) {
    const cost = 1 + random() * 9;
    points.push([round(cost), round(38 / cost + random() * 22 + 3), policies[i % 4], `design ${i}`]);
  }
  points.sort((a, b) => a[0] - b[0]);
  let best = Infinity;
  const front = points.filter((p) => p[1] < best && ((best = p[1]), true)).map((p) => [p[0], p[1]]);
  datasets.cost_time = { fields: ['cost', 'ms', 'policy', 'label'], rows: points };
  datasets.front = { fields: ['cost', 'ms'], rows: front };
  add('pareto', {
    title: 'Cost against time',
    description: `Of 240 designs, ${front.length} are not beaten by another in both cost and time (line).`,
    figure: { width: 760, height: 320 },
    marks: { points: points.length, front: front.length },
    dataset: 'cost_time',
    columns: [{ field: 'label', title: 'design' }, { field: 'policy', title: 'policy' }, { field: 'cost', title: 'cost' }, { field: 'ms', title: 'time (ms)' }],
    width: 'container',
    height: 320,
    layer: [
      {
        name: 'front',
        data: { name: 'front' },
        mark: { type: 'line', interpolate: 'step-after', color: 'theme:ink-soft', strokeWidth: 1.5 },
        encoding: { x: { field: 'cost', type: 'quantitative' }, y: { field: 'ms', type: 'quantitative' } },
      },
      {
        name: 'points',
        data: { name: 'cost_time' },
        mark: { type: 'point', opacity: 0.85 },
        encoding: {
          x: { field: 'cost', type: 'quantitative', title: 'cost (relative)', scale: { zero: false } },
          y: { field: 'ms', type: 'quantitative', title: 'time (ms)' },
          // Without "sort": with it, Vega-Lite makes a legend of each instead of one of both.
          color: { field: 'policy', type: 'nominal', title: 'policy' },
          shape: { field: 'policy', type: 'nominal', title: 'policy' },
          tooltip: [{ field: 'label', type: 'nominal', title: 'design' }, { field: 'cost', type: 'quantitative', title: 'cost' }, { field: 'ms', type: 'quantitative', title: 'time (ms)' }],
        },
      },
    ],
  });
}

// Ranges around a line: what the result depends on.
{
  const rows = [
    ['driver.batch_latency', 0.91, 1.18], ['link.pcie.bandwidth', 0.86, 1.09], ['device.fault_buffer.entries', 0.97, 1.05],
    ['policy.prefetch.threshold', 0.96, 1.02], [hostile[1], 0.99, 1.01],
  ];
  datasets.influence = { fields: ['parameter', 'low', 'high'], rows };
  datasets.unchanged = { fields: ['ratio'], rows: [[1]] };
  add('sensitivity', {
    title: 'What the ratio depends on',
    description: 'Range of the ratio of times when one parameter at a time is scaled by 0.5 to 2.',
    figure: { width: 760, height: 200 },
    marks: { ranges: rows.length, rule: 1 },
    dataset: 'influence',
    columns: [{ field: 'parameter', title: 'parameter' }, { field: 'low', title: 'least' }, { field: 'high', title: 'most' }],
    width: 'container',
    height: 200,
    data: { name: 'influence' },
    layer: [
      {
        name: 'ranges',
        mark: { type: 'bar', height: 12, cornerRadius: 2 },
        encoding: {
          y: { field: 'parameter', type: 'nominal', sort: null, title: null },
          x: { field: 'low', type: 'quantitative', title: 'ratio of times', scale: { zero: false } },
          x2: { field: 'high' },
          tooltip: [{ field: 'parameter', type: 'nominal', title: 'parameter' }, { field: 'low', type: 'quantitative', title: 'least' }, { field: 'high', type: 'quantitative', title: 'most' }],
        },
      },
      // A dataset of its own: over "influence" there would be a line for each of its rows.
      {
        name: 'rule',
        data: { name: 'unchanged' },
        mark: { type: 'rule', color: 'theme:ink', strokeDash: [4, 3] },
        encoding: { x: { field: 'ratio', type: 'quantitative' } },
      },
    ],
  });
}

// Small multiples: one for each link.
{
  const random = numbers(10);
  const links = ['pcie to device', 'pcie to host', 'nvlink to device', hostile[4].slice(0, 300)];
  const rows = [];
  links.forEach((link, l) => {
    for (let bin = 0; bin < 100; bin++) rows.push([link, bin, round(Math.max(0, 20 * Math.sin(bin / (8 + l * 3)) + random() * 4))]);
  });
  datasets.utilisation = { fields: ['link', 'ms', 'gb_per_s'], rows };
  add('links', {
    title: 'Each link',
    description: 'Bandwidth of each link over time, on one scale.',
    figure: { width: 760, height: 300 },
    marks: { level: rows.length },
    dataset: 'utilisation',
    columns: [{ field: 'link', title: 'link' }, { field: 'ms', title: 'time (ms)' }, { field: 'gb_per_s', title: 'bandwidth (GB/s)' }],
    data: { name: 'utilisation' },
    facet: { field: 'link', type: 'nominal', sort: null, title: null },
    spec: {
      name: 'level',
      width: 320,
      height: 100,
      mark: { type: 'area', interpolate: 'step-after', line: false },
      encoding: {
        x: { field: 'ms', type: 'quantitative', title: 'time (ms)' },
        y: { field: 'gb_per_s', type: 'quantitative', title: 'GB/s' },
      },
    },
  });
  charts.links.columns = 2; // of the grid; "columns" above are those of the table
}

// Side by side, and one above the other on a phone.
{
  const random = numbers(9);
  const rows = [];
  for (let bin = 0; bin < 120; bin++) rows.push([bin, Math.round(2000 + 1500 * Math.sin(bin / 9) + random() * 200), Math.round(50 + 45 * Math.cos(bin / 15) + random() * 10)]);
  datasets.residency = { fields: ['ms', 'pages', 'queue'], rows };
  const part = (name, field, title) => ({
    name,
    width: 320,
    height: 200,
    data: { name: 'residency' },
    mark: { type: 'line' },
    encoding: {
      x: { field: 'ms', type: 'quantitative', title: 'time (ms)' },
      y: { field, type: 'quantitative', title },
    },
  });
  add('occupancy', {
    title: 'Occupancy',
    description: 'Pages in device memory and entries of the fault queue over time.',
    figure: { width: 760, height: 240 },
    marks: { pages: 120, queue: 120 },
    dataset: 'residency',
    columns: [{ field: 'ms', title: 'time (ms)' }, { field: 'pages', title: 'pages' }, { field: 'queue', title: 'entries' }],
    hconcat: [part('pages', 'pages', 'pages in device memory'), part('queue', 'queue', 'faults waiting')],
  });
}

export { charts, datasets, titles };
