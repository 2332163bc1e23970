// Chromium for the checks: Debian's, headless, with nothing to be reached but what a check names.
import fs from 'node:fs';
import process from 'node:process';
import { chromium } from 'playwright-core';

/** @returns the browser; CHROMIUM names another program than /usr/bin/chromium */
export function launch() {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
  if (!fs.existsSync(executablePath)) throw new Error(`there is no ${executablePath} (Debian: chromium)`);
  const args = ['--force-color-profile=srgb', '--disable-gpu', '--font-render-hinting=none'];
  if (process.getuid && process.getuid() === 0) args.push('--no-sandbox');
  return chromium.launch({ executablePath, args, headless: true });
}

/** Collects what went well and what did not, and prints both. */
export class Findings {
  failures = [];
  lines = [];
  notes = {};

  check(name, problems) {
    const list = Array.isArray(problems) ? problems : problems ? [] : ['no'];
    const line = list.length === 0 ? `ok    ${name}` : `FAIL  ${name}`;
    process.stdout.write(`${line}\n`);
    for (const problem of list.slice(0, 20)) process.stdout.write(`        ${problem}\n`);
    if (list.length > 20) process.stdout.write(`        and ${list.length - 20} more\n`);
    if (list.length > 0) this.failures.push({ name, problems: list });
    this.lines.push(line);
  }

  note(name, value) {
    this.notes[name] = value;
    process.stdout.write(`      ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
  }

  /** Writes FILE and returns the exit status. */
  finish(file) {
    if (file) fs.writeFileSync(file, JSON.stringify({ failures: this.failures, notes: this.notes, checks: this.lines }, null, 2));
    process.stdout.write(`${this.failures.length === 0 ? 'passed' : `${this.failures.length} FAILED`}\n`);
    return this.failures.length === 0 ? 0 : 1;
  }
}

/** Splits arguments into those that stand alone and --NAME VALUE (or --NAME for the names in `flags`). */
export function parse(argv, flags = []) {
  const plain = [];
  const options = {};
  for (let i = 0; i < argv.length; i++) {
    if (!argv[i].startsWith('--')) plain.push(argv[i]);
    else if (flags.includes(argv[i].slice(2))) options[argv[i].slice(2)] = true;
    else options[argv[i].slice(2)] = argv[++i];
  }
  return { plain, options };
}
