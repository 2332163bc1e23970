// The charts of a report as SVG and PNG files, without a browser:
//
//   node render.mjs INPUT.json OUTDIR
//
// INPUT.json is {"charts": {ID: specification}, "datasets": {NAME: {fields, rows}}}. Writes OUTDIR/ID.svg and
// OUTDIR/ID.png (twice as many pixels each way), in the light theme on white; the same input gives the same bytes. What
// cannot be drawn is said on stderr with the chart's id; the others are written all the same, and the exit status is 1.
process.env.TZ = 'UTC';

import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as vega from 'vega';
import * as vegaLite from 'vega-lite';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import themes from 'farfault:themes';
import { fit, noLoader, prepare } from './chart.mjs';
import { widthsOf } from './font.mjs';

const FONT = 'DejaVu Sans, Verdana, sans-serif';
const here = path.dirname(fileURLToPath(import.meta.url));
const regular = fs.readFileSync(path.join(here, 'DejaVuSans.ttf'));
const bold = fs.readFileSync(path.join(here, 'DejaVuSans-Bold.ttf'));

const widths = { regular: widthsOf(regular), bold: widthsOf(bold) };
vega.textMetrics.width = (item, text) => {
  const lines = text === undefined ? item.text : text;
  const line = Array.isArray(lines) ? lines.join(' ') : String(lines ?? '').trim();
  const isBold = item.fontWeight === 'bold' || Number(item.fontWeight) >= 600;
  const width = (isBold ? widths.bold : widths.regular)(line) * vega.textMetrics.height(item);
  return item.limit > 0 ? Math.min(width, item.limit) : width;
};

/** Complains about what Vega only warns of: a warning in a figure is a fault of whoever wrote the specification. */
function collect(id) {
  const say = (...what) => process.stderr.write(`${id}: ${what.join(' ')}\n`);
  const logger = vega.logger(vega.Warn);
  logger.warn = (...what) => (say('warning:', ...what), logger);
  logger.error = (...what) => (say(...what), logger);
  return logger;
}

async function viewOf(spec, datasets, width, factor, logger) {
  const chart = prepare(spec, datasets, { colours: { ...themes.light, card: '#ffffff' }, font: FONT, width, factor });
  const compiled = vegaLite.compile(chart.spec, { logger }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', loader: noLoader, logger });
  await view.runAsync();
  return { view, composite: chart.composite };
}

async function svgOf(id, spec, datasets) {
  const width = spec.usermeta?.figure?.width ?? 760;
  const logger = collect(id);
  let { view, composite } = await viewOf(spec, datasets, width, 1, logger);
  if (composite) {
    const quiet = vega.logger(vega.None);
    const factor = await fit(
      async (f) => {
        const bounds = (await viewOf(spec, datasets, width, f, quiet)).view.scenegraph().root.bounds;
        return bounds.x2 - bounds.x1 + 10;
      },
      width,
      1,
    );
    ({ view } = await viewOf(spec, datasets, width, factor, quiet));
  }
  const svg = await view.toSVG();
  view.finalize();
  return svg
    .replaceAll('class="mark-rect ', 'shape-rendering="crispEdges" class="mark-rect ')
    // A path's "opacity" is a layer of its own to resvg, as large as the figure: minutes for thousands of lines.
    .replace(/<path [^>]*>/g, (path) =>
      / (fill|stroke)-opacity="/.test(path) ? path : path.replace(/ opacity="([^"]*)"/, ' fill-opacity="$1" stroke-opacity="$1"'),
    )
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}

function pngOf(svg) {
  const image = new Resvg(svg, {
    background: '#ffffff',
    fitTo: { mode: 'zoom', value: 2 },
    font: { fontBuffers: [regular, bold], defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' },
  });
  const png = image.render().asPng();
  image.free();
  return png;
}

async function main(input, out) {
  const { charts, datasets } = JSON.parse(fs.readFileSync(input, 'utf8'));
  fs.mkdirSync(out, { recursive: true });
  await initWasm(fs.readFileSync(path.join(here, 'resvg.wasm')));
  let failed = 0;
  for (const [id, spec] of Object.entries(charts)) {
    try {
      if (!/^[a-z0-9-]+$/.test(id)) throw new Error('an id may have only a-z, 0-9 and -');
      const svg = await svgOf(id, spec, datasets);
      fs.writeFileSync(path.join(out, `${id}.svg`), svg);
      fs.writeFileSync(path.join(out, `${id}.png`), pngOf(svg));
    } catch (error) {
      process.stderr.write(`${id}: ${error.message}\n`);
      failed++;
    }
  }
  return failed === 0 ? 0 : 1;
}

if (process.argv.length !== 4) {
  process.stderr.write('usage: node render.mjs INPUT.json OUTDIR\n');
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await main(process.argv[2], process.argv[3]);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
