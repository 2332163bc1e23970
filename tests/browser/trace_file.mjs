// Reads a file of trace events, compressed or not.
import fs from 'node:fs';
import zlib from 'node:zlib';

export function readTrace(file) {
  const bytes = fs.readFileSync(file);
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? zlib.gunzipSync(bytes) : bytes;
  return JSON.parse(plain.toString('utf8'));
}
