// Checks a file against the Trace Event Format (Chrome's, read by the Perfetto viewer and speedscope):
//
//   node check_trace_format.mjs TRACE.json[.gz]
//
// Prints how many events of each phase there are. Exit status 0: as the format wants it.
import process from 'node:process';
import { readTrace } from './trace_file.mjs';

const SLACK = 1e-6; // µs: times are picoseconds written as decimal fractions of microseconds
const KNOWN = new Set(['X', 'B', 'E', 'M', 'C', 's', 't', 'f', 'i', 'I', 'b', 'n', 'e']);

const faults = new Map(); // text with its first place -> how often
let faultCount = 0;
function fault(rule, detail) {
  faultCount++;
  const known = faults.get(rule);
  if (known) known.count++;
  else faults.set(rule, { count: 1, detail });
}

const file = process.argv[2];
if (process.argv.length !== 3) {
  process.stderr.write('usage: node check_trace_format.mjs TRACE.json[.gz]\n');
  process.exit(2);
}

let trace;
try {
  trace = readTrace(file);
} catch (error) {
  process.stderr.write(`${file}: ${error.message}\n`);
  process.exit(1);
}
if (trace === null || typeof trace !== 'object' || !Array.isArray(trace.traceEvents)) {
  process.stderr.write(`${file}: no object with an array "traceEvents"\n`);
  process.exit(1);
}
if (trace.displayTimeUnit !== undefined && !['ms', 'ns'].includes(trace.displayTimeUnit)) {
  fault('displayTimeUnit is "ms" or "ns"', String(trace.displayTimeUnit));
}

const phases = {};
const slices = new Map(); // "pid/tid" -> [{ts, end, name, index}]
const processNames = new Map();
const threadNames = new Map();
const flows = new Map(); // "cat/name/id" -> [{ph, ts, track, index, bp}]
const counters = new Map(); // "pid/name" -> series
const open = new Map(); // "pid/tid" -> stack of B
const last = new Map(); // "pid/tid" -> ts of the event before
let backwards = 0;
let end = 0;

trace.traceEvents.forEach((event, index) => {
  const where = `event ${index}: ${JSON.stringify(event)?.slice(0, 200)}`;
  if (event === null || typeof event !== 'object') return fault('an event is an object', where);
  const { ph, ts, pid, tid } = event;
  phases[ph] = (phases[ph] || 0) + 1;
  if (!KNOWN.has(ph)) return fault('ph is one of the phases', where);
  if (pid === undefined || !['number', 'string'].includes(typeof pid)) fault('every event has a pid', where);
  const aboutProcess = ph === 'C' || (ph === 'M' && /^process_/.test(event.name));
  if (!aboutProcess && !['number', 'string'].includes(typeof tid)) fault('every event of a thread has a tid', where);
  if (ph !== 'E' && (typeof event.name !== 'string' || event.name === '')) fault('every event has a name', where);
  const track = `${pid}/${tid}`;

  if (ph === 'M') {
    const { args } = event;
    if (args === null || typeof args !== 'object') return fault('metadata have args', where);
    if (event.name === 'process_name' || event.name === 'thread_name') {
      if (typeof args.name !== 'string' || args.name === '') fault(`${event.name} has args.name`, where);
      const names = event.name === 'process_name' ? processNames : threadNames;
      const key = event.name === 'process_name' ? String(pid) : track;
      if (names.has(key)) fault(`${event.name} is given once`, where);
      names.set(key, args.name);
    } else if (/_sort_index$/.test(event.name) && typeof args.sort_index !== 'number') {
      fault('sort_index is a number', where);
    }
    return undefined;
  }

  if (typeof ts !== 'number' || !Number.isFinite(ts) || ts < 0) return fault('ts is a number of microseconds, 0 or more', where);
  if (!processNames.has(String(pid))) fault('process_name comes before the first event of a process', where);
  if (ph !== 'C' && !threadNames.has(track)) fault('thread_name comes before the first event of a thread', where);
  const key = ph === 'C' ? `${pid}/${event.name}` : track;
  if (last.has(key) && ts < last.get(key)) backwards++;
  last.set(key, ts);
  end = Math.max(end, ts);

  const add = (slice) => {
    if (!slices.has(track)) slices.set(track, []);
    slices.get(track).push(slice);
    end = Math.max(end, slice.end);
  };
  if (ph === 'X') {
    const { dur } = event;
    if (typeof dur !== 'number' || !Number.isFinite(dur) || dur < 0) return fault('dur is a number of microseconds, 0 or more', where);
    add({ ts, end: ts + dur, name: event.name, index });
  } else if (ph === 'B') {
    if (!open.has(track)) open.set(track, []);
    open.get(track).push({ ts, name: event.name, index });
  } else if (ph === 'E') {
    const begun = open.get(track)?.pop();
    if (!begun) return fault('every E has a B', where);
    if (ts < begun.ts) fault('an E does not come before its B', where);
    add({ ...begun, end: ts });
  } else if (ph === 'C') {
    const values = event.args && typeof event.args === 'object' ? Object.entries(event.args) : [];
    if (values.length === 0) fault('a counter has args', where);
    for (const [name, value] of values) {
      if (typeof value !== 'number' || !Number.isFinite(value)) fault('values of counters are numbers', where);
      if (!counters.has(key)) counters.set(key, new Set());
      counters.get(key).add(name);
    }
  } else if (ph === 's' || ph === 't' || ph === 'f') {
    if (event.id === undefined) return fault('a flow has an id', where);
    const flow = `${event.cat}/${event.name}/${event.id}`;
    if (!flows.has(flow)) flows.set(flow, []);
    flows.get(flow).push({ ph, ts, track, index, bp: event.bp });
  }
  return undefined;
});
for (const [track, stack] of open) for (const { index } of stack) fault('every B has an E', `event ${index} of ${track}`);

// Slices of a track lie in each other or beside each other.
const sorted = new Map();
for (const [track, list] of slices) {
  const order = [...list].sort((a, b) => a.ts - b.ts || b.end - a.end || a.index - b.index);
  sorted.set(track, order);
  const stack = [];
  for (const slice of order) {
    while (stack.length > 0 && stack[stack.length - 1].end <= slice.ts + SLACK) stack.pop();
    const outer = stack[stack.length - 1];
    if (outer && slice.end > outer.end + SLACK) {
      fault(
        'slices of a thread nest',
        `${track} (${threadNames.get(track)}): "${outer.name}" ${outer.ts}..${outer.end} (event ${outer.index}) and "${slice.name}" ${slice.ts}..${slice.end} (event ${slice.index})`,
      );
    }
    stack.push(slice);
  }
}

/** Whether a time lies in a slice of a track, its ends included. */
function covered(track, ts) {
  const list = sorted.get(track) || [];
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].ts <= ts + SLACK) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= 0 && i >= low - 10000; i--) if (list[i].end >= ts - SLACK) return true;
  return false;
}
for (const [flow, ends] of flows) {
  const starts = ends.filter(({ ph }) => ph === 's');
  const finishes = ends.filter(({ ph }) => ph === 'f');
  if (starts.length !== 1) fault('a flow has one "s"', `${flow}: ${starts.length}`);
  if (finishes.length < 1) fault('a flow has an "f"', flow);
  for (const { ts, index } of finishes) {
    if (starts[0] && ts < starts[0].ts - SLACK) fault('a flow does not end before it starts', `${flow}, event ${index}`);
  }
  for (const { ph, ts, track, index, bp } of ends) {
    // Without bp "e", an "f" belongs to the next slice.
    const inside = ph === 'f' && bp !== 'e' ? (sorted.get(track) || []).some((s) => s.ts >= ts - SLACK) : covered(track, ts);
    if (!inside) fault('ends of flows lie in slices', `${flow}: "${ph}" at ${ts} on ${track} (event ${index})`);
  }
}

const order = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
process.stdout.write(`events: ${trace.traceEvents.length}; by phase: ${JSON.stringify(order(phases))}\n`);
process.stdout.write(`processes: ${processNames.size}; threads: ${threadNames.size}; counters: ${counters.size}; flows: ${flows.size}; end: ${end} us\n`);
if (backwards > 0) process.stdout.write(`events that are earlier than the one before on their track: ${backwards} (allowed)\n`);
for (const [rule, { count, detail }] of faults) process.stdout.write(`FAIL  ${rule}: ${count} times, first at ${detail}\n`);
process.stdout.write(faultCount === 0 ? 'passed\n' : `${faults.size} rules FAILED\n`);
process.exitCode = faultCount === 0 ? 0 : 1;
