// Opens a trace in a viewer (speedscope) in headless Chromium:
//
//   node check_trace.mjs TRACE.json[.gz] SCREENSHOT_DIR [--tracks NAME,NAME...]
//
// Exit status 0: it was read without an error, and the named tracks are listed. speedscope shows slices of threads only,
// not counters and flows; check_trace_format.mjs checks those.
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createRequire } from 'node:module';
import { Findings, launch, parse } from './browser.mjs';

const { plain, options } = parse(process.argv.slice(2));
if (plain.length !== 2) {
  process.stderr.write('usage: node check_trace.mjs TRACE.json[.gz] SCREENSHOT_DIR [--tracks NAME,NAME...]\n');
  process.exit(2);
}
const [trace, shots] = plain;
const tracks = (options.tracks || '').split(',').filter(Boolean);
fs.mkdirSync(shots, { recursive: true });
const viewer = path.join(path.dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist/release');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.png': 'image/png', '.ico': 'image/x-icon', '.woff2': 'font/woff2', '.json': 'application/json', '.wasm': 'application/wasm', '.txt': 'text/plain' };

const findings = new Findings();
const errors = [];
const outside = [];
const browser = await launch();
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  // The viewer is served from its package, without a network.
  await context.route('**/*', (route) => {
    const asked = new URL(route.request().url());
    if (['data:', 'blob:'].includes(asked.protocol)) return route.continue();
    const file = path.join(viewer, path.normalize(asked.pathname === '/' ? '/index.html' : asked.pathname));
    if (asked.hostname !== 'viewer.invalid' || !file.startsWith(viewer) || !fs.existsSync(file)) {
      outside.push(asked.href);
      return route.abort();
    }
    return route.fulfill({ body: fs.readFileSync(file), contentType: TYPES[path.extname(file)] || 'application/octet-stream' });
  });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text().slice(0, 300)));
  page.on('pageerror', (error) => errors.push(String(error).slice(0, 300)));
  page.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto('http://viewer.invalid/', { waitUntil: 'load' });
  await page.locator('input[type=file]').first().setInputFiles(trace);

  const read = async () => (await page.evaluate(() => document.body.innerText)) || '';
  let title = '';
  for (let i = 0; i < 240 && errors.length === 0; i++) {
    title = await page.title();
    if (/ - speedscope$/.test(title)) break;
    await page.waitForTimeout(250);
  }
  await page.waitForTimeout(500);
  const text = await read();
  findings.check('the viewer shows the trace', [
    ...(/ - speedscope$/.test(title) ? [] : [`its title stays "${title}"`]),
    ...(/error|unrecognized|failed/i.test(text) ? [text.slice(0, 300)] : []),
  ]);
  await page.screenshot({ path: path.join(shots, 'trace.png') });

  // A click on the title lists the tracks.
  const heading = page.locator(`text=/\\(\\d+\\/\\d+\\)/`).first();
  let listed = text;
  if ((await heading.count()) > 0) {
    await heading.click();
    await page.waitForTimeout(500);
    listed = await read();
    await page.screenshot({ path: path.join(shots, 'trace-tracks.png') });
  }
  findings.check(`${tracks.length} named tracks are listed`, tracks.filter((name) => !listed.includes(name)).map((name) => `missing: ${name}`));
  findings.note('listed', listed.split('\n').map((line) => line.trim()).filter(Boolean).slice(0, 40));
  findings.check('no error on the console', errors);
  findings.check('nothing outside the viewer is asked for', outside);
} finally {
  await browser.close();
}
process.exitCode = findings.finish(path.join(shots, 'check-trace.json'));
