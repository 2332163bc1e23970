// Makes what a report needs from this folder and the packages of package-lock.json:
//
//   node build.mjs OUTDIR
//
//   report.js     for the page: vega, vega-lite, vega-embed and page.js
//   report.css    for the page: page.css
//   render.mjs    figures: runs with Node alone, beside the three files that follow
//   resvg.wasm, DejaVuSans.ttf, DejaVuSans-Bold.ttf
//   licences.txt  of everything that is in the above
//
// The same input gives the same bytes.
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, 'node_modules');

/** The colours of page.css: {light: {"series-1": "#..."}, dark: {...}}. */
function themesOf(css) {
  const themes = { light: {}, dark: {} };
  for (const [, name, light, dark] of css.matchAll(/--([a-z0-9-]+):\s*light-dark\(\s*([^,()]+?)\s*,\s*([^,()]+?)\s*\)/g)) {
    themes.light[name] = light;
    themes.dark[name] = dark;
  }
  if (!themes.light['series-10'] || !themes.light['ramp-7']) throw new Error('page.css names no colours');
  return themes;
}

const themes = {
  name: 'themes',
  setup(build) {
    build.onResolve({ filter: /^farfault:themes$/ }, () => ({ path: 'themes', namespace: 'farfault' }));
    build.onLoad({ filter: /.*/, namespace: 'farfault' }, () => ({
      contents: JSON.stringify(themesOf(fs.readFileSync(path.join(here, 'page.css'), 'utf8'))),
      loader: 'json',
    }));
  },
};

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  metafile: true,
  write: false,
  charset: 'ascii',
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [themes],
};

/** A script inside a page ends at "</script", and "<!--" followed by "<script" hides that end. */
function fitForPage(code) {
  const safe = code.replaceAll(/<\/(?=script)/gi, '<\\/').replaceAll('<!--', '\\x3C!--').replaceAll(/<(?=script)/gi, '\\x3C');
  for (const bad of [/<\/script/i, /<!--/, /<script/i]) {
    if (bad.test(safe)) throw new Error(`report.js still holds ${bad}`);
  }
  return safe;
}

/** The text of a package's licence: its own file, or one of licences/ for a package that ships none. */
function licenceOf(name) {
  const folder = path.join(modules, name);
  const file = fs.readdirSync(folder).sort().find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const own = path.join(here, 'licences', `${path.basename(name)}.txt`);
  if (!file && !fs.existsSync(own)) throw new Error(`${name} ships no licence: add it as licences/${path.basename(name)}.txt`);
  return fs.readFileSync(file ? path.join(folder, file) : own, 'utf8').replaceAll('\r\n', '\n').trim();
}

/** The licences of packages; a text that several have is written once. */
function licences(names) {
  const packages = new Map();
  for (const name of names) {
    const { version, license } = JSON.parse(fs.readFileSync(path.join(modules, name, 'package.json'), 'utf8'));
    const text = licenceOf(name);
    packages.set(text, [...(packages.get(text) || []), `${name} ${version}${/^[\w.-]+$/.test(license) ? ` (${license})` : ''}`]);
  }
  const rule = '-'.repeat(80);
  let all = 'The charts of a report, and its figures, are drawn with these packages.\n';
  for (const [text, which] of packages) all += `\n${rule}\n${which.join('\n')}\n${rule}\n\n${text}\n`;
  return all;
}

/** Packages with at least a byte in an output. */
function packagesIn(metafile, names) {
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const match = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
      if (match && bytesInOutput > 0) names.add(match[1]);
    }
  }
}

async function main(out) {
  const page = await esbuild.build({
    ...common,
    entryPoints: ['page.js'],
    outfile: 'report.js',
    format: 'iife',
    platform: 'browser',
    target: ['chrome110', 'firefox115', 'safari16.4'],
  });
  const css = await esbuild.build({ ...common, entryPoints: ['page.css'], outfile: 'report.css' });
  // Vega's builds for browsers look for no module "canvas" and read no files.
  const render = await esbuild.build({
    ...common,
    entryPoints: ['render.mjs'],
    outfile: 'out/render.mjs',
    format: 'esm',
    platform: 'browser',
    external: ['node:*'],
    target: ['node18'],
  });

  fs.mkdirSync(out, { recursive: true });
  const write = (name, content) => {
    fs.writeFileSync(path.join(out, name), content);
    process.stdout.write(`${name} ${Buffer.byteLength(content)} bytes\n`);
  };
  write('report.js', fitForPage(page.outputFiles[0].text));
  write('report.css', css.outputFiles[0].text.replaceAll(/<\/(?=style)/gi, '<\\/'));
  write('render.mjs', render.outputFiles[0].text);
  write('resvg.wasm', fs.readFileSync(path.join(modules, '@resvg/resvg-wasm/index_bg.wasm')));
  for (const font of ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf']) {
    write(font, fs.readFileSync(path.join(modules, 'dejavu-fonts-ttf/ttf', font)));
  }
  const names = new Set(['dejavu-fonts-ttf']);
  packagesIn(page.metafile, names);
  packagesIn(render.metafile, names);
  write('licences.txt', licences([...names].sort()));
}

if (process.argv.length !== 3) {
  process.stderr.write('usage: node build.mjs OUTDIR\n');
  process.exitCode = 2;
} else {
  await main(process.argv[2]);
}
