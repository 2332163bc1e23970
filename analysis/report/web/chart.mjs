// What the page and the figures have in common: a chart's specification made ready for a width and a theme, and the rows
// behind it. Knows no document and no file.

/** Narrower than this, legends go below and parts side by side go one above the other. */
const NARROW = 520;

/** Rows of a compact dataset as objects. Each view needs rows of its own: Vega writes derived values into them. */
export function expand(dataset) {
  const fields = dataset.fields;
  return dataset.rows.map((row) => {
    const object = {};
    for (let i = 0; i < fields.length; i++) object[fields[i]] = clean(row[i]);
    return object;
  });
}

/** Characters that XML cannot hold (an SVG with one is no SVG), and halves of surrogate pairs, are replaced. */
// eslint-disable-next-line no-control-regex
const UNFIT =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
function clean(value) {
  return typeof value === 'string' ? value.replace(UNFIT, '\ufffd') : value;
}

/** At most `limit` characters of a text, never half of one, and how long it was. */
export function shorten(text, limit) {
  if (text.length <= limit) return text;
  return `${Array.from(text.slice(0, limit)).slice(0, -1).join('')}… (${text.length} characters)`;
}

/** Every name of a dataset that a specification mentions. */
function namesOf(node, names = new Set()) {
  if (Array.isArray(node)) {
    for (const child of node) namesOf(child, names);
  } else if (node && typeof node === 'object') {
    for (const [key, child] of Object.entries(node)) {
      if (key === 'data' && child && typeof child.name === 'string') names.add(child.name);
      namesOf(child, names);
    }
  }
  return names;
}

/** Strings "theme:NAME" are colours of the theme: "theme:series-1", "theme:accent", "theme:ink-soft", "theme:bad". */
function resolveColours(node, colours) {
  if (typeof node === 'string' && node.startsWith('theme:')) {
    const colour = colours[node.slice(6)];
    if (!colour) throw new Error(`no colour of the theme is called ${node.slice(6)}`);
    return colour;
  }
  if (Array.isArray(node)) return node.map((child) => resolveColours(child, colours));
  if (node && typeof node === 'object') {
    const out = {};
    for (const [key, child] of Object.entries(node)) out[key] = resolveColours(child, colours);
    return out;
  }
  return node;
}

const isComposite = (spec) =>
  Boolean(
    spec.hconcat || spec.vconcat || spec.concat || spec.facet || spec.repeat ||
      (spec.encoding && (spec.encoding.row || spec.encoding.column || spec.encoding.facet)),
  );

const childrenOf = (spec) => [
  ...(spec.hconcat || spec.vconcat || spec.concat || spec.layer || []),
  ...(spec.spec ? [spec.spec] : []),
];

const narrowest = (spec) =>
  Math.min(typeof spec.width === 'number' ? spec.width : Infinity, ...childrenOf(spec).map(narrowest));

/** On narrow ground, parts side by side go one above the other. */
function stack(spec) {
  if (spec.hconcat) {
    spec.vconcat = spec.hconcat;
    delete spec.hconcat;
  }
  if (spec.concat || spec.facet || spec.repeat) spec.columns = 1;
  if (spec.encoding && spec.encoding.facet) spec.encoding.facet.columns = 1;
  for (const child of childrenOf(spec)) stack(child);
}

/** Labels get less room. Values written beside bars, in cells, and at what has the style "detail", have no room on narrow ground: tooltips and the table have them. */
function makeNarrow(spec) {
  const beside = ({ mark }) =>
    mark && mark.type === 'text' && (mark.style === 'detail' || (mark.align === 'left' && mark.dx > 0));
  const type = ({ mark }) => mark && (mark.type || mark);
  if (spec.layer && spec.layer.length > 1) {
    // Nor have those inside of cells.
    const cells = spec.layer.some((layer) => type(layer) === 'rect' && !layer.encoding?.x2);
    spec.layer = spec.layer.filter((layer) => !beside(layer) && !(cells && type(layer) === 'text'));
  }
  if (spec.encoding?.y?.axis?.labelLimit > 120) spec.encoding.y.axis.labelLimit = 120;
  for (const child of childrenOf(spec)) makeNarrow(child);
}

/** The views of a specification that have marks, with the data that they inherit. */
function* unitsOf(spec, data = spec.data) {
  if (spec.mark) yield { encoding: spec.encoding || {}, data: (spec.data || data || {}).name };
  for (const child of childrenOf(spec)) {
    const inherited = { ...child, encoding: { ...spec.encoding, ...child.encoding } };
    yield* unitsOf(inherited, child.data || data);
  }
}

/**
 * How much higher legends beside a plot are than the plot with its axis, in px. Vega makes no room for that where only
 * the width is fitted.
 */
function missingHeight(spec, datasets) {
  const distinct = (name, field) => {
    const at = datasets[name] ? datasets[name].fields.indexOf(field) : -1;
    return at < 0 ? 0 : new Set(datasets[name].rows.map((row) => row[at])).size;
  };
  const legends = new Map();
  let rows = 1;
  for (const { encoding, data } of unitsOf(spec)) {
    for (const channel of ['color', 'shape', 'fill', 'stroke']) {
      const one = encoding[channel];
      if (!one || !one.field || one.legend === null || one.type === 'quantitative') continue;
      legends.set(one.field, Math.max(legends.get(one.field) || 0, distinct(data, one.field)));
    }
    if (encoding.y && encoding.y.field) rows = Math.max(rows, distinct(data, encoding.y.field));
  }
  let needed = 0;
  for (const entries of legends.values()) needed += 26 + 16 * Math.min(entries, 24);
  const plot = typeof spec.height === 'object' ? (spec.height.step || 0) * rows : spec.height || 0;
  return Math.max(0, Math.ceil(needed - plot - 35));
}

/** Sets the width of every part: its own number times `factor`; "container" counts as `whole`. */
function scaleWidths(spec, factor, whole) {
  if (spec.width === 'container') spec.width = whole;
  if (typeof spec.width === 'number') spec.width = Math.max(40, Math.floor(spec.width * factor));
  for (const child of childrenOf(spec)) scaleWidths(child, factor, whole);
}

/** Cells of a heat map meet on whole pixels: no seams between them. Legends of areas have squares, as those of bars. */
function tidy(spec) {
  const type = spec.mark && (typeof spec.mark === 'string' ? spec.mark : spec.mark.type);
  const colour = spec.encoding && spec.encoding.color;
  if (type === 'area' && colour && colour.field && colour.legend !== null) {
    colour.legend = { symbolType: 'square', ...colour.legend };
  }
  if (type === 'rect' && spec.encoding) {
    for (const [channel, other] of [['x', 'x2'], ['y', 'y2']]) {
      const definition = spec.encoding[channel];
      const binned = spec.encoding[other] || (definition && definition.bin);
      if (definition && definition.field && binned && definition.scale !== null) {
        definition.scale = { round: true, ...definition.scale };
      }
    }
  }
  for (const child of childrenOf(spec)) tidy(child);
}

/** Vega-Lite's config for a theme's colours (names as in page.css, without "--") and a width in px. */
export function config(colours, { font, width }) {
  const narrow = width < NARROW;
  const numbered = (name, count) => Array.from({ length: count }, (_, i) => colours[`${name}-${i + 1}`]);
  const series = numbered('series', 10);
  const ramp = numbered('ramp', 7);
  const label = { labelColor: colours['ink-soft'], labelFontSize: 11, labelFontWeight: 'normal' };
  const title = { titleColor: colours.ink, titleFontSize: 11.5, titleFontWeight: 'normal' };
  return {
    aria: false,
    background: colours.card,
    font,
    padding: { left: 2, right: 6, top: 4, bottom: 2 },
    view: { stroke: null },
    axis: {
      ...label,
      ...title,
      labelLimit: narrow ? 88 : 190,
      titleLimit: narrow ? width - 40 : Math.max(160, width * 0.8),
      labelOverlap: 'parity',
      labelSeparation: 8,
      labelPadding: 4,
      titlePadding: 8,
      gridColor: colours.line,
      domainColor: colours['line-strong'],
      tickColor: colours['line-strong'],
      tickSize: 4,
    },
    axisQuantitative: { domain: false, ticks: false },
    // A title that is longer than its axis has the room to the left of it.
    axisX: { labelFlush: true, ...(narrow && { titleAnchor: 'end' }) },
    axisXQuantitative: {
      grid: false,
      domain: true,
      ticks: true,
      tickCount: Math.max(3, Math.round(width / 90)),
    },
    axisXTemporal: { grid: false, tickCount: Math.max(3, Math.round(width / 110)) },
    axisYQuantitative: { tickCount: 5 },
    axisDiscrete: { grid: false, ticks: false, domain: true },
    axisXDiscrete: { labelLimit: narrow ? 70 : 120 },
    legend: {
      ...label,
      ...title,
      orient: narrow ? 'bottom' : 'right',
      columns: narrow ? Math.max(1, Math.floor((width - 100) / 150)) : undefined,
      labelLimit: narrow ? 110 : 170,
      titleLimit: 170,
      symbolSize: 90,
      symbolLimit: 24,
      symbolOpacity: 1,
      gradientOpacity: 1,
      rowPadding: 4,
      columnPadding: 12,
      offset: narrow ? 10 : 14,
      gradientLength: narrow ? Math.min(240, width * 0.6) : 180,
      gradientThickness: 12,
      ...(narrow && { layout: { bottom: { direction: 'vertical', anchor: 'start', center: false } } }),
    },
    header: { ...label, ...title, labelFontSize: 11.5, labelColor: colours.ink, labelLimit: narrow ? 200 : 260 },
    title: { color: colours.ink, fontSize: 12, fontWeight: 'bold', anchor: 'start', limit: width, offset: 8 },
    range: {
      category: series,
      ordinal: ramp,
      ramp,
      heatmap: ramp,
      diverging: numbered('diverging', 7),
    },
    mark: { color: series[0] },
    bar: { color: series[0] },
    line: { color: series[0], strokeWidth: 2, strokeCap: 'round', strokeJoin: 'round' },
    trail: { color: series[0] },
    area: { color: series[0], opacity: 0.9 },
    point: { color: series[0], filled: true, size: 45 },
    circle: { color: series[0], size: 45 },
    rule: { color: colours['ink-soft'] },
    text: { color: colours.ink, fontSize: 11 },
    errorbar: { color: colours.ink },
    tick: { color: series[0] },
  };
}

/**
 * A specification for a width in px and a theme, with its rows.
 *
 * @param {object} spec       a report's; it is left as it is
 * @param {object} datasets   compact ones by name
 * @param {object} options    colours, font, width, and factor: what parts of a composite are scaled by
 * @returns {{spec: object, composite: boolean, renderer: string}}
 */
export function prepare(spec, datasets, { colours, font, width, factor }) {
  const { usermeta = {}, ...rest } = spec;
  const out = resolveColours(rest, colours);
  const figure = usermeta.figure || {};
  const composite = isComposite(out);
  if (composite) {
    if (width < NARROW) stack(out);
    scaleWidths(out, factor, (figure.width || 760) - 80);
  } else {
    if (out.width === 'container' || out.width === undefined || (width < NARROW && out.width.step)) {
      out.width = width;
      // The height is that of the plot: what a legend needs beside or below it comes on top.
      out.autosize = { type: 'fit-x', contains: 'padding', ...out.autosize };
    }
    if (out.height === 'container') out.height = figure.height || 300;
    if (width >= NARROW) {
      const padding = config(colours, { font, width }).padding;
      out.padding = { ...padding, bottom: padding.bottom + missingHeight(out, datasets) };
    }
  }
  if (width < NARROW) makeNarrow(out);
  tidy(out);
  const own = config(colours, { font, width });
  out.config = { ...own, ...out.config };
  for (const key of Object.keys(own)) {
    if (rest.config && rest.config[key] && typeof own[key] === 'object' && !Array.isArray(own[key])) {
      out.config[key] = { ...own[key], ...out.config[key] };
    }
  }
  if (composite) {
    // No head is wider than the part below it.
    const limit = Math.max(60, Math.min(out.config.header.labelLimit, narrowest(out)));
    out.config.header = { ...out.config.header, labelLimit: limit };
  }
  out.datasets = {};
  for (const name of namesOf(rest)) {
    if (!datasets[name]) throw new Error(`there is no dataset "${name}"`);
    out.datasets[name] = expand(datasets[name]);
  }
  return { spec: out, composite, renderer: (usermeta.embedOptions || {}).renderer || 'svg' };
}

/**
 * The factor with which a composite's parts fill a width in px, or the largest found that does not exceed it. Its width
 * grows with the factor: linearly, but where long labels are wider than the parts. `measure` takes a factor and promises
 * a width in px.
 */
export async function fit(measure, width, guess) {
  let low = null; // fits: [factor, width]
  let high = null; // does not
  let factor = guess;
  for (let i = 0; i < 7; i++) {
    const got = await measure(factor);
    if (got <= width) low = [factor, got];
    else high = [factor, got];
    if (low && width - low[1] < 10) break;
    if (low && high) {
      const slope = (high[1] - low[1]) / (high[0] - low[0]);
      factor = Math.max(low[0] + 0.05 * (high[0] - low[0]), Math.min(low[0] + (width - 3 - low[1]) / slope, high[0]));
    } else {
      factor *= Math.min(2, Math.max(0.4, (width - 3) / got));
    }
  }
  return low ? low[0] : factor;
}

/** Nothing may be fetched and no link followed, whatever a specification says. */
export const noLoader = {
  load: () => Promise.reject(new Error('a report loads nothing')),
  sanitize: () => Promise.reject(new Error('a report links to nothing')),
  http: () => Promise.reject(new Error('a report loads nothing')),
  file: () => Promise.reject(new Error('a report loads nothing')),
};
