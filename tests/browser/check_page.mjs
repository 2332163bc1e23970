// Checks a report in headless Chromium:
//
//   node check_page.mjs PAGE.html SCREENSHOT_DIR [--expect FILE.json] [--static] [--allow-warnings]
//
// README.md says what is checked. Exit status 0: all well.
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Findings, launch, parse } from './browser.mjs';
import { inspect, svgTexts } from './in_page.mjs';

const OVERLAP = 2; // px
const READY_LIMIT = 10000; // ms
const WEIGHT_LIMIT = 5 * 1024 * 1024;

const { plain, options } = parse(process.argv.slice(2), ['static', 'allow-warnings', 'quick']);
if (plain.length !== 2) {
  process.stderr.write('usage: node check_page.mjs PAGE.html SCREENSHOT_DIR [--expect FILE.json] [--static] [--allow-warnings]\n');
  process.exit(2);
}
const [pageFile, shots] = plain;
const expected = options.expect ? JSON.parse(fs.readFileSync(options.expect, 'utf8')) : {};
const url = pathToFileURL(path.resolve(pageFile)).href;
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
fs.mkdirSync(shots, { recursive: true });
const shot = (name) => path.join(shots, name);
const findings = new Findings();
const problems = { requests: new Set(), errors: [], warnings: new Set(), dialogs: [], csp: [] };

/** A tab that notes everything that should not happen. */
async function open(browser, settings) {
  const context = await browser.newContext({ colorScheme: 'light', reducedMotion: 'reduce', ...settings });
  await context.route('**/*', (route) => {
    const asked = route.request().url();
    if (asked.split('#')[0] === url || /^(data|blob):/.test(asked)) return route.continue();
    problems.requests.add(asked.slice(0, 200));
    return route.abort();
  });
  const page = await context.newPage();
  page.on('request', (request) => {
    const asked = request.url();
    if (asked.split('#')[0] !== url && !/^(data|blob):/.test(asked)) problems.requests.add(asked.slice(0, 200));
  });
  page.on('console', (message) => {
    const text = message.text().slice(0, 400);
    if (message.type() === 'error') problems.errors.push(text);
    if (message.type() === 'warning') problems.warnings.add(text);
  });
  page.on('pageerror', (error) => problems.errors.push(String(error)));
  page.on('dialog', (dialog) => {
    problems.dialogs.push(dialog.message());
    dialog.dismiss();
  });
  await page.addInitScript(() => {
    window.testNotes = { violations: [], ready: null, printed: 0 };
    document.addEventListener('securitypolicyviolation', (event) =>
      window.testNotes.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`),
    );
    window.addEventListener('beforeprint', () => window.testNotes.printed++);
    new MutationObserver(() => {
      if (document.documentElement?.dataset.ready && window.testNotes.ready === null) window.testNotes.ready = performance.now();
    }).observe(document, { attributes: true, subtree: true, attributeFilter: ['data-ready'] });
  });
  await page.goto(url, { waitUntil: 'load', timeout: 120000 });
  if (!options.static) {
    await page.waitForFunction(() => document.documentElement.dataset.ready === '1', null, { timeout: 60000 });
  }
  return page;
}

async function close(page) {
  problems.csp.push(...(await page.evaluate(() => window.testNotes.violations)));
  await page.context().close();
}

const drawAll = (page) => page.evaluate(() => window.farfaultDrawAll());

// Boxes

/** How deep two turned boxes lie in each other, in px; 0 or less: apart. */
function depth(a, b) {
  let least = Infinity;
  for (const [p, q] of [[0, 1], [1, 2]].flatMap((side) => [a, b].map((box) => [box[side[0]], box[side[1]]]))) {
    const length = Math.hypot(q[0] - p[0], q[1] - p[1]) || 1;
    const axis = [(q[0] - p[0]) / length, (q[1] - p[1]) / length];
    const span = (box) => {
      const along = box.map(([x, y]) => x * axis[0] + y * axis[1]);
      return [Math.min(...along), Math.max(...along)];
    };
    const [a1, a2] = span(a);
    const [b1, b2] = span(b);
    least = Math.min(least, Math.min(a2, b2) - Math.max(a1, b1));
  }
  return least;
}
const same = (a, b) => a.every(([x, y], i) => Math.abs(x - b[i][0]) < 1.5 && Math.abs(y - b[i][1]) < 1.5);
const cornersOf = (box) => [[box.x1, box.y1], [box.x2, box.y1], [box.x2, box.y2], [box.x1, box.y2]];

/** Texts on one another, texts that are cut off, legends on plots. */
async function layoutProblems(page) {
  const scene = await page.evaluate(inspect);
  const laidOut = await page.evaluate(svgTexts);
  const found = [];
  for (const [id, chart] of Object.entries(scene)) {
    const texts = laidOut[id] ? laidOut[id].texts : chart.texts.map((t) => ({ text: t.text, corners: cornersOf(t) }));
    if (chart.zoom < 0.97) found.push(`${id}: too wide, and shrunk to ${(chart.zoom * 100).toFixed(0)} %`);
    for (let i = 0; i < texts.length; i++) {
      for (let j = i + 1; j < texts.length; j++) {
        // The same text at the same place is its own halo.
        if (texts[i].text === texts[j].text && same(texts[i].corners, texts[j].corners)) continue;
        const deep = depth(texts[i].corners, texts[j].corners);
        if (deep > OVERLAP) found.push(`${id}: "${texts[i].text}" and "${texts[j].text}" overlap by ${deep.toFixed(1)} px`);
      }
      const xs = texts[i].corners.map((c) => c[0]);
      const ys = texts[i].corners.map((c) => c[1]);
      const over = Math.max(
        chart.drawing.x1 - Math.min(...xs),
        Math.max(...xs) - chart.drawing.x2,
        chart.drawing.y1 - Math.min(...ys),
        Math.max(...ys) - chart.drawing.y2,
      );
      if (over > OVERLAP + 1) found.push(`${id}: "${texts[i].text}" sticks out of the drawing by ${over.toFixed(1)} px`);
    }
    for (const legend of chart.legends) {
      for (const plot of chart.plots) {
        const deep = depth(cornersOf(legend), cornersOf(plot));
        if (deep > OVERLAP) found.push(`${id}: a legend lies on a plot by ${deep.toFixed(1)} px`);
      }
    }
  }
  return found;
}

/** Wider than the screen: the page itself may not scroll sideways. */
const overflow = (page) =>
  page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide) return [];
    const scrolls = (element) => {
      for (let e = element.parentElement; e && e !== document.body; e = e.parentElement) {
        if (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX)) return true;
      }
      return false;
    };
    return [`${document.documentElement.scrollWidth} px on ${wide}`].concat(
      [...document.body.querySelectorAll('*')]
        .filter((e) => e.getBoundingClientRect().right > wide + 1 && !scrolls(e))
        .slice(0, 8)
        .map((e) => `${e.tagName.toLowerCase()}.${e.className} "${e.textContent.trim().slice(0, 40)}"`),
    );
  });

async function accessibility(page) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => (await window.axe.run(document)).violations);
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id} (${v.impact}): ${v.help}; ${v.nodes.length} times, e.g. ${v.nodes[0].target} ${v.nodes[0].html.slice(0, 160)}`);
}

// Checks

async function checkCharts(page, store) {
  const report = await drawAll(page);
  const drawn = await page.evaluate(() =>
    [...document.querySelectorAll('.view')].map((e) => ({ id: e.dataset.chart, drawn: e.dataset.drawn, empty: !e.querySelector('svg.marks, canvas.marks') })),
  );
  const broken = expected.broken || [];
  findings.check(
    `all ${drawn.length} charts are drawn`,
    drawn
      .filter(({ id, drawn: state, empty }) => (broken.includes(id) ? state !== 'error' : state !== '1' || empty))
      .map(({ id, drawn: state }) => `${id}: data-drawn="${state}" ${report.errors.find((e) => e.id === id)?.message || ''}`),
  );
  const ids = drawn.map(({ id }) => id);
  findings.check('every chart of the data has its place', [
    ...Object.keys(store.charts).filter((id) => !ids.includes(id)).map((id) => `${id} is nowhere in the page`),
    ...ids.filter((id) => !store.charts[id]).map((id) => `${id} has no specification`),
    ...(expected.charts || []).filter((id) => !ids.includes(id)).map((id) => `${id} is expected`),
  ]);

  const scene = await page.evaluate(inspect);
  const wrong = [];
  let counted = 0;
  for (const [id, chart] of Object.entries(scene)) {
    for (const [name, count] of Object.entries(store.charts[id].usermeta?.marks || {})) {
      const mark = /(^marks|_marks|_pathgroup)$/.test(name) ? name : `${name}_marks`;
      counted++;
      if (chart.counts[mark] !== count) {
        wrong.push(`${id}: ${chart.counts[mark] ?? 'no'} items in "${mark}", not ${count}; there are ${Object.keys(chart.counts).filter((n) => /marks$|pathgroup$/.test(n)).join(', ')}`);
      }
    }
    if (!Object.keys(store.charts[id].usermeta?.marks || {}).length) findings.note('no count of marks is given for', id);
  }
  findings.check(`${counted} counts of marks are right`, wrong);
  findings.check(
    'every chart has an axis with a title',
    Object.entries(scene).filter(([id, c]) => c.titles.x + c.titles.y === 0 && !(expected.untitled || []).includes(id)).map(([id]) => id),
  );
  return scene;
}

async function checkTooltips(page, scene) {
  const silent = [];
  let tried = 0;
  for (const [id, chart] of Object.entries(scene)) {
    if (!chart.hasTooltips) continue;
    tried++;
    const drawing = page.locator(`.view[data-chart="${id}"] .marks`).first();
    await drawing.scrollIntoViewIfNeeded();
    let shown = false;
    for (const [x, y] of chart.hover) {
      const box = await drawing.boundingBox();
      await drawing.evaluate((e, at) => window.scrollBy(0, e.getBoundingClientRect().top + at - innerHeight / 2), y);
      const now = await drawing.boundingBox();
      await page.mouse.move(now.x + x - 1, now.y + y, { steps: 1 });
      await page.mouse.move(now.x + x, now.y + y, { steps: 1 });
      shown = await page.evaluate(() => {
        const tip = document.getElementById('vg-tooltip-element');
        if (!tip || !tip.classList.contains('visible') || tip.textContent.trim() === '') return false;
        if (tip.querySelector(':not(table):not(tbody):not(tr):not(td)')) throw new Error(`a tooltip holds HTML: ${tip.innerHTML.slice(0, 200)}`);
        const b = tip.getBoundingClientRect();
        return b.width > 0 && b.left >= 0 && b.right <= innerWidth + 1;
      });
      if (shown || !box) break;
    }
    if (!shown) silent.push(id);
    await page.mouse.move(0, 0);
  }
  findings.check(`tooltips appear (${tried} charts have some)`, silent.map((id) => `${id}: none at ${scene[id].hover.length} places`));
}

async function checkThemes(page) {
  const state = async () => {
    await drawAll(page);
    return page.evaluate(() => ({
      choice: document.documentElement.dataset.theme,
      ground: getComputedStyle(document.documentElement).backgroundColor,
      charts: Object.entries(window.farfaultViews).map(([id, view]) => [id, document.querySelector(`.view[data-chart="${id}"]`).dataset.drawnTheme, view.background()]),
      label: document.getElementById('theme-toggle').getAttribute('aria-label'),
    }));
  };
  const wrong = [];
  const seen = {};
  for (const [step, choice, theme] of [[0, 'auto', 'light'], [1, 'light', 'light'], [2, 'dark', 'dark'], [3, 'auto', 'light']]) {
    if (step > 0) await page.click('#theme-toggle');
    const now = await state();
    if (now.choice !== choice) wrong.push(`after ${step} clicks the theme is ${now.choice}, not ${choice}`);
    if (!now.label?.includes(choice)) wrong.push(`the button says "${now.label}" for ${choice}`);
    for (const [id, as] of now.charts) if (as !== theme) wrong.push(`${id} is drawn for ${as} when ${choice} is chosen`);
    seen[choice] = now;
  }
  if (seen.dark.ground === seen.light.ground) wrong.push(`the ground stays ${seen.dark.ground}`);
  if (seen.auto.ground !== seen.light.ground) wrong.push('auto is not light on a light system');
  const lights = Object.fromEntries(seen.light.charts.map(([id, , ground]) => [id, ground]));
  for (const [id, , ground] of seen.dark.charts) if (lights[id] === ground) wrong.push(`${id} keeps its ground ${ground}`);
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await state();
  if (dark.ground !== seen.dark.ground) wrong.push('auto is not dark on a dark system');
  for (const [id, as] of dark.charts) if (as !== 'dark') wrong.push(`${id} is drawn for ${as} on a dark system`);
  findings.check('the theme changes: auto, light, dark', wrong);
  findings.check('accessible in dark (axe-core)', await accessibility(page));
  findings.check('nothing overlaps in dark at 1280 px', await layoutProblems(page));
  await page.screenshot({ path: shot('dark-1280.png'), fullPage: true });
  await page.emulateMedia({ colorScheme: 'light' });
}

async function checkTables(page, store) {
  const wrong = [];
  for (const [id, spec] of Object.entries(store.charts)) {
    const about = spec.usermeta?.table;
    const rows = about && store.datasets[about.dataset]?.rows.length;
    const details = page.locator(`[id="chart-${id}"] details.data`);
    if (!about || (await details.count()) === 0) continue;
    await details.locator('summary').click();
    await page.waitForFunction((d) => document.querySelector(`[id="chart-${d}"] details.data`).dataset.filled, id);
    const seen = await details.evaluate((d) => ({
      rows: d.querySelectorAll('tbody tr').length,
      heads: [...d.querySelectorAll('thead th')].map((th) => [th.textContent, th.scope]),
      caption: d.querySelector('caption')?.textContent || '',
      more: d.querySelector('button.more')?.textContent,
      scripts: d.querySelectorAll('script, img, b').length,
    }));
    if (seen.rows !== Math.min(rows, 500)) wrong.push(`${id}: ${seen.rows} rows of ${rows}`);
    if (seen.heads.length !== about.columns.length) wrong.push(`${id}: ${seen.heads.length} columns of ${about.columns.length}`);
    if (seen.heads.some(([text, scope]) => !text || scope !== 'col')) wrong.push(`${id}: a head without text or scope`);
    if (!seen.caption) wrong.push(`${id}: no caption`);
    if (seen.scripts) wrong.push(`${id}: a cell holds HTML`);
    if (rows > 500 !== Boolean(seen.more)) wrong.push(`${id}: ${seen.more ? 'a' : 'no'} button for ${rows} rows`);
    if (rows > 500 && rows <= 6000) {
      await details.locator('button.more').click();
      await details.locator('button.more').waitFor({ state: 'detached' });
      const all = await details.locator('tbody tr').count();
      if (all !== rows) wrong.push(`${id}: ${all} rows of ${rows} after "show all"`);
    }
    await details.evaluate((d) => (d.open = false));
  }
  findings.check('the tables behind the charts hold their data', wrong);
}

async function checkPrint(browser) {
  // Dark on purpose: paper is white.
  const page = await open(browser, { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' });
  const wrong = [];
  await page.emulateMedia({ media: 'print' });
  await page.waitForFunction(() => document.documentElement.dataset.printReady === '1', null, { timeout: 60000 });
  const state = await page.evaluate(() => ({
    ground: getComputedStyle(document.documentElement).backgroundColor,
    left: [...document.querySelectorAll('button:not(.sort), #contents, .chart-menu')].filter((e) => e.getClientRects().length > 0).length,
    headless: [...document.querySelectorAll('main thead th')].filter((e) => !e.closest('details') && e.innerText.trim() === '' && e.textContent.trim() !== '').length,
    charts: [...document.querySelectorAll('.view')].map((e) => [e.dataset.chart, e.dataset.drawn, e.dataset.drawnTheme, e.querySelector('.marks')?.getBoundingClientRect().width]),
  }));
  if (state.ground !== 'rgb(255, 255, 255)') wrong.push(`the ground is ${state.ground}`);
  if (state.left > 0) wrong.push(`${state.left} buttons or links are printed`);
  if (state.headless > 0) wrong.push(`${state.headless} heads of columns are left out`);
  for (const [id, drawn, theme, width] of state.charts) {
    if ((expected.broken || []).includes(id)) continue;
    if (drawn !== '1' || theme !== 'light') wrong.push(`${id}: data-drawn="${drawn}", for ${theme}`);
    if (width > 680) wrong.push(`${id}: ${width} px wide`);
  }
  findings.check('printing: light, all charts, nothing to click', wrong);
  await page.emulateMedia({ media: null });
  await page.evaluate(() => window.farfaultDrawAll());
  // And as a browser prints: with nothing but its event, from a page that is dark.
  const pdf = await page.pdf({ format: 'A4', path: shot('page.pdf') });
  await page.pdf({ format: 'Letter', path: shot('page-letter.pdf') });
  const pages = (pdf.toString('latin1').match(/\/Type\s*\/Page\b/g) || []).length;
  findings.check('a PDF is made', pdf.length > 20000 ? [] : [`${pdf.length} bytes`]);
  findings.note('PDF', { bytes: pdf.length, pages, printEvents: await page.evaluate(() => window.testNotes.printed) });
  await close(page);
}

async function checkPhone(browser) {
  const page = await open(browser, { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
  if (!options.static) {
    await drawAll(page);
    findings.check('nothing overlaps at 360 px', await layoutProblems(page));
    findings.check(
      'charts fit the screen at 360 px',
      await page.evaluate(() =>
        [...document.querySelectorAll('.view .marks')].filter((e) => e.getBoundingClientRect().right > 361).map((e) => e.closest('.view').dataset.chart),
      ),
    );
  }
  findings.check('no sideways scrolling at 360 px', await overflow(page));
  await page.screenshot({ path: shot('phone-360.png'), fullPage: true });
  await close(page);
}

async function checkKeyboard(page) {
  await page.evaluate(() => {
    window.scrollTo(0, 0);
    document.activeElement?.blur();
  });
  const wrong = [];
  await page.keyboard.press('Tab');
  const first = await page.evaluate(() => ({ href: document.activeElement.getAttribute('href'), top: document.activeElement.getBoundingClientRect().top }));
  if (!first.href?.startsWith('#') || first.top < 0) wrong.push(`the first stop is no link past the head: ${JSON.stringify(first)}`);
  const reached = new Set();
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab');
    const now = await page.evaluate(() => ({ id: document.activeElement.id, outline: getComputedStyle(document.activeElement).outlineStyle, tag: document.activeElement.tagName }));
    reached.add(now.id);
    if (now.tag !== 'BODY' && now.outline === 'none') wrong.push(`${now.tag} ${now.id} shows no focus`);
  }
  for (const id of ['theme-toggle', 'print']) if (!reached.has(id)) wrong.push(`${id} is not reached with Tab`);
  findings.check('the keyboard reaches the buttons', wrong);
}

async function checkDownload(page, scene) {
  const id = Object.keys(scene)[0];
  if (!id) return;
  const menu = page.locator(`[id="chart-${id}"] .chart-menu`);
  const wrong = [];
  const texts = await page.evaluate(() => [...document.querySelectorAll('.chart-menu a')].map((a) => a.textContent));
  if (texts.some((text) => !/^Save as (SVG|PNG)$/.test(text))) wrong.push(`menus offer ${[...new Set(texts)].join(', ')}`);
  for (const type of ['SVG', 'PNG']) {
    await menu.locator('summary').click();
    const [download] = await Promise.all([page.waitForEvent('download'), menu.locator(`text=Save as ${type}`).click()]);
    const name = download.suggestedFilename();
    if (name !== `${id}.${type.toLowerCase()}`) wrong.push(`${type} is called ${name}`);
    await download.saveAs(shot(`download.${type.toLowerCase()}`));
  }
  findings.check('charts can be saved as SVG and PNG', wrong);
}

const browser = await launch();
try {
  const bytes = fs.statSync(pageFile).size;
  findings.note('page', `${(bytes / 1e6).toFixed(2)} MB`);
  findings.check('the page is lighter than 5 MB', bytes < WEIGHT_LIMIT ? [] : [`${bytes} bytes`]);

  const page = await open(browser, { viewport: { width: 1280, height: 900 } });
  const text = await page.evaluate(() => {
    const body = document.body.cloneNode(true);
    for (const script of body.querySelectorAll('script, style')) script.remove();
    return body.textContent;
  });
  findings.check('expected texts are there', [
    ...(expected.texts || []).filter((t) => !text.includes(t)).map((t) => `missing: ${t}`),
    ...(expected.absent || []).filter((t) => text.includes(t)).map((t) => `there: ${t}`),
  ]);
  if (options.static) {
    await page.screenshot({ path: shot('light-1280.png'), fullPage: true });
  } else {
    const ready = await page.evaluate(() => window.testNotes.ready);
    findings.note('interactive after', `${Math.round(ready)} ms`);
    findings.check('interactive soon', ready !== null && ready < READY_LIMIT ? [] : [`${ready} ms`]);
    const store = JSON.parse(await page.evaluate(() => document.getElementById('report-data').textContent));
    await checkKeyboard(page);
    const before = Date.now();
    const scene = await checkCharts(page, store);
    findings.note('all charts after another', `${Date.now() - before} ms`);
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: shot('light-1280.png'), fullPage: true });
    findings.check('nothing overlaps at 1280 px', await layoutProblems(page));
    await checkTooltips(page, scene);
    if (!options.quick) {
      await checkDownload(page, scene);
      await checkThemes(page);
      await checkTables(page, store);
    }
  }
  findings.check('no sideways scrolling at 1280 px', await overflow(page));
  if (!options.quick) findings.check('accessible (axe-core)', await accessibility(page));
  await close(page);
  await checkPhone(browser);
  if (!options.static && !options.quick) await checkPrint(browser);

  findings.check('nothing but the file is asked for', [...problems.requests]);
  findings.check('no error on the console', problems.errors);
  findings.check('no violation of the content security policy', problems.csp);
  findings.check('no dialog', problems.dialogs);
  if (options['allow-warnings']) findings.note('warnings on the console', [...problems.warnings]);
  else findings.check('no warning on the console', [...problems.warnings]);
} finally {
  await browser.close();
}
process.exitCode = findings.finish(shot('check.json'));
