// Widths of texts by a TrueType font's own tables, so that figures are the same on every machine, whatever its fonts.

/** @returns {(text: string) => number} the width of a text in em */
export function widthsOf(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const tables = {};
  for (let i = 0; i < view.getUint16(4); i++) {
    const at = 12 + 16 * i;
    const tag = String.fromCharCode(...file.subarray(at, at + 4));
    tables[tag] = view.getUint32(at + 8);
  }
  const unitsPerEm = view.getUint16(tables.head + 18);
  const metrics = view.getUint16(tables.hhea + 34);
  const glyphOf = mapping(view, tables.cmap);
  const advance = (glyph) => view.getUint16(tables.hmtx + 4 * Math.min(glyph, metrics - 1)) / unitsPerEm;
  const cache = new Map();
  return (text) => {
    let sum = 0;
    for (const character of text) {
      let width = cache.get(character);
      if (width === undefined) {
        width = advance(glyphOf(character.codePointAt(0)));
        cache.set(character, width);
      }
      sum += width;
    }
    return sum;
  };
}

/** Code point to glyph, by the cmap's table of format 4 (the basic plane) and, where there is one, 12. */
function mapping(view, cmap) {
  let short = 0;
  let long = 0;
  for (let i = 0; i < view.getUint16(cmap + 2); i++) {
    const at = cmap + view.getUint32(cmap + 8 + 8 * i);
    const format = view.getUint16(at);
    if (format === 4) short = at;
    if (format === 12) long = at;
  }
  return (code) => {
    if (long) {
      for (let i = 0; i < view.getUint32(long + 12); i++) {
        const group = long + 16 + 12 * i;
        if (code < view.getUint32(group)) break;
        if (code <= view.getUint32(group + 4)) return view.getUint32(group + 8) + code - view.getUint32(group);
      }
      return 0;
    }
    const doubled = view.getUint16(short + 6);
    for (let i = 0; i < doubled; i += 2) {
      const end = short + 14 + i;
      if (code > view.getUint16(end)) continue;
      const start = end + 2 + doubled;
      if (code < view.getUint16(start)) return 0;
      const delta = view.getUint16(start + doubled);
      const rangeAt = start + 2 * doubled;
      const range = view.getUint16(rangeAt);
      if (range === 0) return (code + delta) & 0xffff;
      const glyph = view.getUint16(rangeAt + range + 2 * (code - view.getUint16(start)));
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
    }
    return 0;
  };
}
