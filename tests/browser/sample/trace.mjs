// Writes a trace such as a run makes: links, engines and driver workers as threads, counters, flows between them.
//
//   node sample/trace.mjs OUT.json[.gz]
import fs from 'node:fs';
import process from 'node:process';
import zlib from 'node:zlib';

const events = [];
const meta = (name, pid, tid, args) => events.push({ ph: 'M', name, pid, tid, args });
const processes = { 1: ['driver', ['worker 0', 'worker 1']], 2: ['links', ['pcie to device', 'pcie to host']], 3: ['gpu0', ['copy engine 0', 'sm \u003c/script> "x"']] };
for (const [pid, [name, threads]] of Object.entries(processes)) {
  meta('process_name', +pid, 0, { name });
  threads.forEach((thread, tid) => {
    meta('thread_name', +pid, tid + 1, { name: thread });
    meta('thread_sort_index', +pid, tid + 1, { sort_index: tid });
  });
}
for (let batch = 0; batch < 40; batch++) {
  const ts = batch * 100.25;
  const worker = (batch % 2) + 1;
  events.push({ ph: 'X', name: 'batch', cat: 'driver', pid: 1, tid: worker, ts, dur: 90.5, args: { faults: 32 + batch } });
  events.push({ ph: 'X', name: 'service block', cat: 'driver', pid: 1, tid: worker, ts: ts + 10, dur: 40 });
  events.push({ ph: 'X', name: 'eviction', cat: 'driver', pid: 1, tid: worker, ts: ts + 12.000001, dur: 20 });
  events.push({ ph: 'X', name: 'demand 64 KiB', cat: 'link', pid: 2, tid: 1, ts: ts + 30, dur: 25 });
  events.push({ ph: 'X', name: 'copy', cat: 'engine', pid: 3, tid: 1, ts: ts + 30, dur: 25 });
  events.push({ ph: 's', name: 'migration', cat: 'flow', id: batch, pid: 1, tid: worker, ts: ts + 15 });
  events.push({ ph: 'f', name: 'migration', cat: 'flow', id: batch, bp: 'e', pid: 2, tid: 1, ts: ts + 30 });
  events.push({ ph: 'C', name: 'resident pages', pid: 3, ts, args: { pages: batch * 16 } });
  events.push({ ph: 'C', name: 'faults waiting', pid: 1, ts, args: { entries: (batch * 7) % 13 } });
}
const text = JSON.stringify({ displayTimeUnit: 'ns', traceEvents: events });
fs.writeFileSync(process.argv[2], process.argv[2].endsWith('.gz') ? zlib.gzipSync(text) : text);
