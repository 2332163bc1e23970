// Writes a page as `farfault report` writes it, and the input of render.mjs, from data.mjs and a build of the web folder:
//
//   node sample/make.mjs BUILD OUTDIR [--broken]
//
// --broken adds a chart that cannot be drawn: the others are drawn all the same.
import fs from 'node:fs';
import path from 'node:path';
import { charts, datasets, hostile, titles } from './data.mjs';

const [build, out, flag] = process.argv.slice(2);
const escape = (text) =>
  String(text).replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);
const json = (value) =>
  JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
const read = (name) => fs.readFileSync(path.join(build, name), 'utf8');

if (flag === '--broken') {
  charts.broken = { mark: 'no such mark', data: { name: 'nowhere' }, usermeta: { figure: { width: 760, height: 100 } } };
  titles.broken = { title: 'Broken', description: 'A chart that cannot be drawn.', height: 100 };
}

const chart = (id) => `<figure class="chart" id="chart-${id}"><figcaption><h3>${escape(titles[id].title)}</h3></figcaption>
<div class="view" data-chart="${id}" role="img" aria-label="${escape(titles[id].description)}" style="min-height:${titles[id].height}px"></div>
<p class="caption">${escape(titles[id].description)}</p>
<details class="data"><summary>Data of this chart</summary></details></figure>`;

const sections = [
  ['designs-policies', 'Designs and policies', ['time-parts', 'occupancy', ...(charts.broken ? ['broken'] : [])]],
  ['latency', 'Latency', ['latency-cdf', 'batch-sizes']],
  ['over-time', 'Bandwidth over time', ['link-bandwidth', 'links']],
  ['addresses', 'Address space', ['heat-map']],
  ['space', 'Design space', ['designs', 'pareto', 'sensitivity']],
];

const page = `<!doctype html>
<html lang="en" data-theme="auto">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sample report</title>
<style>${read('report.css')}</style>
</head>
<body>
<header><h1>Tree prefetch against three others on a 16 GiB device</h1>
<p>4 designs, 1 workload (${escape(hostile[0])}), farfault 0.9.0, trace <code>7c9e6a4d1b2f</code></p>
<button id="theme-toggle" type="button">Theme</button> <button id="print" type="button">Print</button></header>
<nav id="contents" aria-label="Contents"><ul><li><a href="#verdict">Verdict</a></li>
${sections.map(([id, title]) => `<li><a href="#${id}">${escape(title)}</a></li>`).join('\n')}
<li><a href="#reproduce">Configuration</a></li></ul></nav>
<main>
<section id="verdict" data-verdict="good"><h2>Verdict</h2>
<p>Tree prefetch is 1.31 times as fast as no prefetch (24.9 ms against 32.6 ms), for every parameter scaled by 0.5 to 2.</p>
<p>Fault stalls explain 6.1 ms of the 7.7 ms. Two figures rest on assumptions: <code>driver.batch_latency</code> and <code>link.pcie.latency</code>.</p>
</section>
${sections
  .map(
    ([id, title, ids], i) => `<section id="${id}"><h2>${escape(title)}</h2>
${i === 0 ? `<div class="table"><table class="sortable"><caption>Figures by design; ratios to the first</caption><thead><tr><th scope="col">figure</th>${[...Array(4)].map((_, c) => `<th scope="col" class="num">design ${c + 1}</th><th scope="col" class="num">ratio</th>`).join('')}</tr></thead><tbody>
${['time.total', 'faults.device.raised', 'link.pcie.to_device.bytes', hostile[2], hostile[4].slice(0, 300)].map((name, r) => `<tr><th scope="row">${escape(name)}</th>${[...Array(4)].map((_, c) => `<td class="num">${(24.9 + r * 3.3 + c * 2.1).toFixed(2)} ms</td><td class="num">${(1 + c * 0.087).toFixed(3)}</td>`).join('')}</tr>`).join('\n')}</tbody></table></div>` : ''}
${ids.map(chart).join('\n')}</section>`,
  )
  .join('\n')}
<section id="reproduce"><h2>Configuration</h2>
<p>This command makes the same results:</p>
<pre class="wrap">farfault compare configs/scenarios/design-review.json --columns tree,none,hints,oracle --output results/review --seed 7 --fail-if 'time.total &gt; 1.05x'</pre>
<details><summary>All parameters</summary><pre>${escape(JSON.stringify({ hostile, policy: { prefetch: { kind: 'tree' } } }, null, 2))}</pre></details>
<details><summary>Licences</summary><pre>${escape(read('licences.txt'))}</pre></details>
</section>
</main>
<script type="application/json" id="report-data">${json({ charts, datasets })}</script>
<script>${read('report.js')}</script>
</body>
</html>
`;

fs.mkdirSync(out, { recursive: true });
fs.writeFileSync(path.join(out, 'page.html'), page);
fs.writeFileSync(path.join(out, 'charts.json'), JSON.stringify({ charts, datasets }));
process.stdout.write(`page.html ${Buffer.byteLength(page)} bytes\n`);
