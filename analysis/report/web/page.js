// The page of a report: draws charts when they come into view, fills the tables behind them, switches themes, prints.
import embed from 'vega-embed';
import themes from 'farfault:themes';
import { fit, noLoader, prepare, shorten } from './chart.mjs';

const FIRST_ROWS = 500;
const PRINT_WIDTH = 656; // px: A4 less its margins; Letter has a little more
const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif';

const root = document.documentElement;
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const store = JSON.parse(document.getElementById('report-data').textContent);
const datasets = store.datasets || {};

/** By id: {id, spec, element, shown, key, result}. */
const charts = new Map();
window.farfaultViews = {};

let printing = false;

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const pause = () => new Promise((resolve) => setTimeout(resolve, 0));

// Theme

const THEMES = ['auto', 'light', 'dark'];
const remembered = {
  // A page from a file may have no storage at all: then the choice lasts as long as the page.
  get() {
    try {
      return window.localStorage.getItem('farfault-theme');
    } catch {
      return null;
    }
  },
  set(value) {
    try {
      window.localStorage.setItem('farfault-theme', value);
    } catch {
      // nothing to do about it
    }
  },
};

function themeName() {
  if (printing) return 'light';
  const chosen = root.dataset.theme;
  return chosen === 'light' || chosen === 'dark' ? chosen : dark.matches ? 'dark' : 'light';
}

function setTheme(choice) {
  root.dataset.theme = choice;
  const button = document.getElementById('theme-toggle');
  if (button) {
    const next = THEMES[(THEMES.indexOf(choice) + 1) % THEMES.length];
    button.textContent = `Theme: ${choice}`;
    button.setAttribute('aria-label', `Theme: ${choice}. Change to ${next}.`);
    button.title = choice === 'auto' ? 'As the system has it' : '';
  }
}

function watchTheme() {
  const before = remembered.get();
  setTheme(THEMES.includes(before) ? before : 'auto');
  document.getElementById('theme-toggle')?.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
    setTheme(next);
    remembered.set(next);
    redrawShown();
  });
  dark.addEventListener('change', redrawShown);
}

// Charts

const widthOf = (chart) =>
  printing ? PRINT_WIDTH : Math.floor(chart.element.clientWidth || chart.element.parentElement.clientWidth);

async function draw(chart) {
  const width = Math.max(200, widthOf(chart));
  const theme = themeName();
  const key = `${theme} ${width}`;
  if (chart.key === key) return;
  chart.key = key;
  const { element } = chart;
  try {
    const colours = themes[theme];
    const ready = (factor) => prepare(chart.spec, datasets, { colours, font: FONT, width, factor });
    let prepared = ready(1);
    if (prepared.composite) {
      const guess = width / (chart.spec.usermeta?.figure?.width || 760);
      prepared = ready(await fit((factor) => measure(ready(factor).spec), width, guess));
    }
    const { spec, renderer } = prepared;
    const hold = element.offsetHeight;
    if (hold > 0) element.style.minHeight = `${hold}px`; // the text below stays where it is
    chart.result?.finalize();
    chart.result = null;
    chart.result = await embed(element, spec, {
      mode: 'vega-lite',
      renderer,
      loader: noLoader,
      actions: { export: true, source: false, compiled: false, editor: false },
      defaultStyle: false,
      forceActionsMenu: true,
      downloadFileName: chart.id,
      tooltip: { theme: 'report', disableDefaultStyle: true, formatTooltip },
    });
    element.style.minHeight = '';
    finish(chart, renderer);
    window.farfaultViews[chart.id] = chart.result.view;
    element.dataset.drawn = '1';
    element.dataset.drawnTheme = theme;
  } catch (error) {
    chart.error = error;
    element.replaceChildren(
      make('p', { className: 'chart-error', textContent: `This chart could not be drawn: ${shorten(String(error.message || error), 300)}` }),
    );
    element.style.minHeight = '';
    element.removeAttribute('role');
    element.dataset.drawn = 'error';
    delete window.farfaultViews[chart.id];
  }
}

/** The width that a composite would take, without drawing it. */
async function measure(spec) {
  const away = document.createElement('div');
  const { view, finalize } = await embed(away, spec, {
    mode: 'vega-lite',
    renderer: 'none',
    actions: false,
    defaultStyle: false,
    tooltip: false,
    loader: noLoader,
    logLevel: 0,
  });
  const { bounds } = view.scenegraph().root;
  finalize();
  return bounds.x2 - bounds.x1 + 10;
}

/** What vega-embed leaves to do: who cannot see a chart hears its description, and the menu works with a keyboard. */
function finish(chart, renderer) {
  const { element, result } = chart;
  const plot = element.querySelector('.chart-wrapper') || element;
  element.removeAttribute('role');
  element.removeAttribute('aria-label');
  // One that has a slider is no image: what is in an image cannot be reached.
  plot.setAttribute('role', plot.querySelector('input, select') ? 'group' : 'img');
  plot.setAttribute('aria-label', chart.description);
  plot.removeAttribute('aria-roledescription');
  plot.firstElementChild?.setAttribute('aria-hidden', 'true');

  const menu = element.querySelector(':scope > details');
  const figure = element.closest('figure');
  if (!menu) return;
  figure.querySelector(':scope > .chart-menu')?.remove();
  menu.className = 'chart-menu';
  menu.removeAttribute('title');
  const summary = menu.querySelector('summary');
  summary.setAttribute('aria-label', `Save this chart: ${chart.title}`);
  summary.title = 'Save as SVG or PNG';
  for (const link of menu.querySelectorAll('a')) {
    const type = link.download.endsWith('.png') ? 'png' : 'svg';
    // vega-embed makes the file on mousedown only, and its link opens a window of its own.
    const own = make('a', { href: '#', textContent: `Save as ${type.toUpperCase()}` });
    own.addEventListener('click', async (event) => {
      event.preventDefault();
      const url = await result.view.toImageURL(type, type === 'png' ? 2 : 1);
      make('a', { href: url, download: `${chart.id}.${type}` }).click();
      menu.open = false;
    });
    link.replaceWith(own);
  }
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    menu.open = false;
    summary.focus();
  });
  figure.append(menu);
  if (renderer === 'canvas') plot.querySelector('canvas')?.removeAttribute('tabindex');
}

const escape = (value) =>
  String(value).replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);

/** vega-tooltip puts this into the page as HTML: everything in it is escaped here. */
function formatTooltip(value) {
  const text = (v) => escape(shorten(typeof v === 'object' && v !== null ? JSON.stringify(v) : String(v), 240));
  if (typeof value !== 'object' || value === null) return text(value);
  const rows = Object.entries(value).map(
    ([key, v]) => `<tr><td class="key">${text(key)}</td><td class="value">${text(v)}</td></tr>`,
  );
  return `<table><tbody>${rows.join('')}</tbody></table>`;
}

const queue = new Set();
let pumping = false;
async function pump() {
  if (pumping) return;
  pumping = true;
  for (const chart of queue) {
    queue.delete(chart);
    await draw(chart);
    await pause();
  }
  pumping = false;
}
function request(chart) {
  queue.add(chart);
  pump();
}

/** After a change of theme or width: what is in sight at once, the rest when it comes into sight. */
function redrawShown() {
  for (const chart of charts.values()) if (chart.shown) request(chart);
}

/** Draws everything that is not drawn as it should be by now. */
window.farfaultDrawAll = async () => {
  const errors = [];
  for (const chart of charts.values()) {
    await draw(chart);
    if (chart.element.dataset.drawn === 'error') errors.push({ id: chart.id, message: String(chart.error.message) });
    await pause();
  }
  return { charts: charts.size, errors };
};

function watchCharts() {
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const chart = charts.get(entry.target.dataset.chart);
        chart.shown = entry.isIntersecting;
        if (chart.shown) request(chart);
      }
    },
    { rootMargin: '300px 0px' },
  );
  for (const element of document.querySelectorAll('.view[data-chart]')) {
    const id = element.dataset.chart;
    const figure = element.closest('figure');
    const chart = {
      id,
      element,
      spec: store.charts[id] || {},
      title: figure?.querySelector('figcaption')?.textContent.trim() || id,
      description: element.getAttribute('aria-label') || '',
    };
    charts.set(id, chart);
    seen.observe(element);
    const details = figure?.querySelector('details.data');
    details?.addEventListener('toggle', () => details.open && fillTable(details, chart), { once: false });
  }
  let timer = 0;
  let before = window.innerWidth;
  window.addEventListener('resize', () => {
    if (printing || window.innerWidth === before) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      before = window.innerWidth;
      redrawShown();
      reachable();
    }, 200);
  });
}

// Tables

function cellOf(value, column) {
  if (typeof value === 'number') {
    const text = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
    return make('td', { className: 'num', textContent: text });
  }
  if (value === null || value === undefined) return make('td', { className: column.numeric ? 'num' : '', textContent: '–' });
  return make('td', { className: 'text', textContent: shorten(String(value), 240) });
}

function fillTable(details, chart) {
  if (details.dataset.filled) return;
  details.dataset.filled = '1';
  const about = chart.spec.usermeta?.table;
  const data = about && datasets[about.dataset];
  if (!data) {
    details.append(make('p', { textContent: 'There are no data behind this chart.' }));
    return;
  }
  const columns = (about.columns || data.fields.map((field) => ({ field, title: field })))
    .map(({ field, title }) => ({ title, index: data.fields.indexOf(field) }))
    .filter(({ index }) => index >= 0);
  for (const column of columns) column.numeric = data.rows.some((row) => typeof row[column.index] === 'number');

  const total = data.rows.length;
  const count = (n) => `${n.toLocaleString('en')} ${n === 1 ? 'row' : 'rows'}`;
  const caption = make('caption');
  const body = make('tbody');
  const head = make('tr');
  for (const column of columns) {
    const cell = make('th', { scope: 'col', textContent: column.title });
    if (column.numeric) cell.className = 'num';
    head.append(cell);
  }
  const show = (from, to) => {
    const rows = document.createDocumentFragment();
    for (let i = from; i < to; i++) {
      rows.append(make('tr', {}, ...columns.map((column) => cellOf(data.rows[i][column.index], column))));
    }
    body.append(rows);
    caption.textContent = `${chart.title}: ${to < total ? `the first ${to} of ${count(total)}` : count(total)}`;
  };
  const table = make('table', {}, caption, make('thead', {}, head), body);
  const box = make('div', { className: 'table', tabIndex: 0 }, table);
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', `Data: ${chart.title}`);
  details.append(box);
  show(0, Math.min(total, FIRST_ROWS));
  if (total > FIRST_ROWS) {
    const more = make('button', { type: 'button', className: 'more', textContent: `Show all ${count(total)}` });
    more.addEventListener('click', async () => {
      more.disabled = true;
      for (let from = FIRST_ROWS; from < total; from += 2000) {
        show(from, Math.min(total, from + 2000));
        await pause();
      }
      more.remove();
      box.focus();
    });
    details.append(more);
  }
}

/** Boxes that scroll are reached with the Tab key; those that do not are left out of its way. */
function reachable() {
  for (const box of document.querySelectorAll('.table, pre')) {
    if (box.closest('details.data')) continue;
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (scrolls) {
      box.tabIndex = 0;
      box.setAttribute('role', 'region');
      if (!box.hasAttribute('aria-label')) {
        const name = box.querySelector('caption') || box.closest('section, details')?.querySelector('h2, h3, summary');
        box.setAttribute('aria-label', shorten(name?.textContent.trim() || 'Scrolling part', 80));
      }
    } else if (box.tabIndex === 0) {
      box.removeAttribute('tabindex');
      box.removeAttribute('role');
    }
  }
}

/** Static tables with the class "sortable" are sorted by a click on a column's head; a third click restores the order. */
function watchTables() {
  for (const table of document.querySelectorAll('table.sortable')) {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, index) => {
      const button = make('button', { type: 'button', className: 'sort' }, ...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const was = head.getAttribute('aria-sort');
        const now = was === 'ascending' ? 'descending' : was === 'descending' ? null : 'ascending';
        for (const other of heads) other.removeAttribute('aria-sort');
        if (!now) return body.append(...original);
        head.setAttribute('aria-sort', now);
        const keyOf = (row) => row.cells[index].dataset.sort ?? row.cells[index].textContent.trim();
        const sign = now === 'ascending' ? 1 : -1;
        const compare = (a, b) => {
          const [x, y] = [Number(a), Number(b)];
          return a !== '' && b !== '' && !Number.isNaN(x) && !Number.isNaN(y) ? x - y : a < b ? -1 : a > b ? 1 : 0;
        };
        body.append(...[...original].sort((a, b) => sign * compare(keyOf(a), keyOf(b))));
      });
    });
  }
  reachable();
  for (const details of document.querySelectorAll('details:not(.data)')) details.addEventListener('toggle', reachable);
}

// Printing

/**
 * All charts, light and as wide as paper. A browser prints as soon as its event has been heard, so none of this may wait
 * for anything but promises that are settled already: no pauses between the charts here.
 */
async function startPrint() {
  if (printing) return;
  printing = true;
  // Twice as many dots in what is drawn on a canvas.
  const ratio = Object.getOwnPropertyDescriptor(window, 'devicePixelRatio');
  const restore = () => {
    if (ratio) Object.defineProperty(window, 'devicePixelRatio', ratio);
  };
  try {
    Object.defineProperty(window, 'devicePixelRatio', { value: 2, configurable: true, writable: true });
  } catch {
    // then with as many as the screen has
  }
  for (const chart of charts.values()) await draw(chart);
  restore();
  root.dataset.printReady = '1';
}
function endPrint() {
  if (!printing) return;
  printing = false;
  delete root.dataset.printReady;
  redrawShown();
}

function watchPrint() {
  window.addEventListener('beforeprint', startPrint);
  window.addEventListener('afterprint', endPrint);
  window.matchMedia('print').addEventListener('change', (event) => (event.matches ? startPrint() : endPrint()));
  document.getElementById('print')?.addEventListener('click', async () => {
    await startPrint();
    window.print();
  });
}

// Contents

function watchContents() {
  const main = document.querySelector('main');
  if (!document.querySelector('.skip') && main) {
    main.id ||= 'main';
    document.body.prepend(make('a', { className: 'skip', href: `#${main.id}`, textContent: 'Skip to the report' }));
  }
  if (main) main.tabIndex = -1;
  const links = new Map();
  for (const link of document.querySelectorAll('#contents a[href^="#"]')) {
    const target = document.getElementById(link.getAttribute('href').slice(1));
    if (target) links.set(target, link);
  }
  const inSight = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) inSight[entry.isIntersecting ? 'add' : 'delete'](entry.target);
      const current = [...links.keys()].find((target) => inSight.has(target));
      for (const [target, link] of links) {
        if (target === current) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      }
    },
    { rootMargin: '-10% 0px -60% 0px' },
  );
  for (const target of links.keys()) observer.observe(target);
}

watchTheme();
watchCharts();
watchTables();
watchPrint();
watchContents();
window.farfaultReadyAt = performance.now();
root.dataset.ready = '1';
