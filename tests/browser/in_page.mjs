// Functions that run inside a page: each is sent there as text and may use nothing from outside itself.

/** Marks by name, and the boxes of texts, from the scene graphs of all charts. */
export function inspect() {
  const charts = {};
  for (const [id, view] of Object.entries(window.farfaultViews)) {
    const element = document.querySelector(`.view[data-chart="${id}"]`);
    const drawing = element.querySelector('svg.marks, canvas.marks');
    const box = drawing.getBoundingClientRect();
    const padding = view.padding();
    const origin = view.origin();
    const zoom = box.width / (drawing.tagName === 'CANVAS' ? parseFloat(drawing.style.width) || box.width : drawing.viewBox.baseVal.width);
    const counts = {};
    const texts = [];
    const legends = [];
    const plots = [];
    const hover = [];
    const titles = { x: 0, y: 0 };
    const place = (b, dx, dy) => ({
      x1: box.left + (padding.left + origin[0] + dx + b.x1) * zoom,
      x2: box.left + (padding.left + origin[0] + dx + b.x2) * zoom,
      y1: box.top + (padding.top + origin[1] + dy + b.y1) * zoom,
      y2: box.top + (padding.top + origin[1] + dy + b.y2) * zoom,
    });
    const walk = (mark, dx, dy) => {
      if (mark.name) counts[mark.name] = (counts[mark.name] || 0) + mark.items.length;
      if (mark.role === 'legend') for (const item of mark.items) legends.push(place(item.bounds, dx, dy));
      for (const item of mark.items) {
        if (mark.marktype === 'group') {
          const [x, y] = [dx + (item.x || 0), dy + (item.y || 0)];
          // The ground that marks are drawn on: groups of the frame and of cells, not of legends and axes.
          if ((mark.role === 'frame' || mark.role === 'scope') && item.width > 1 && item.height > 1 && item.items.some((m) => m.role === 'axis')) {
            plots.push(place({ x1: 0, y1: 0, x2: item.width, y2: item.height }, x, y));
          }
          for (const child of item.items) walk(child, x, y);
        } else if (mark.marktype === 'text') {
          if (item.opacity === 0 || !item.text || String(item.text).trim() === '') continue;
          texts.push({ text: String(item.text).slice(0, 60), role: mark.role, angle: item.angle || 0, ...place(item.bounds, dx, dy) });
          if (mark.role === 'axis-title') titles[Math.abs(item.angle || 0) === 90 ? 'y' : 'x']++;
        }
        if (item.tooltip != null && item.tooltip !== '') {
          const horizontal = item.x2 !== undefined && item.width === undefined ? (item.x + item.x2) / 2 : item.x + (item.width || 0) / 2;
          const vertical = item.y2 !== undefined && item.height === undefined ? (item.y + item.y2) / 2 : item.y + (item.height || 0) / 2;
          const point = ['rect', 'rule', 'path', 'arc'].includes(mark.marktype)
            ? { x1: (item.bounds.x1 + item.bounds.x2) / 2, y1: (item.bounds.y1 + item.bounds.y2) / 2 }
            : { x1: horizontal, y1: mark.marktype === 'area' ? vertical : item.y };
          const at = place({ ...point, x2: point.x1, y2: point.y1 }, dx, dy);
          if (Number.isFinite(at.x1) && Number.isFinite(at.y1)) hover.push([at.x1, at.y1]);
        }
      }
    };
    walk(view.scenegraph().root, 0, 0);
    const every = Math.max(1, Math.floor(hover.length / 12));
    charts[id] = {
      renderer: drawing.tagName.toLowerCase(),
      drawing: { x1: box.left, x2: box.right, y1: box.top, y2: box.bottom },
      counts,
      texts,
      legends,
      plots,
      titles,
      hasTooltips: hover.length > 0,
      hover: hover.filter((_, i) => i % every === 0).slice(0, 14).map(([x, y]) => [x - box.left, y - box.top]),
      zoom,
      background: view.background(),
      theme: element.dataset.drawnTheme,
    };
  }
  return charts;
}

/** The boxes of texts as the browser has laid them out, turned as they are turned; for charts drawn as SVG. */
export function svgTexts() {
  const charts = {};
  for (const element of document.querySelectorAll('.view[data-chart]')) {
    const svg = element.querySelector('svg.marks');
    if (!svg) continue;
    const frame = svg.getBoundingClientRect();
    charts[element.dataset.chart] = {
      frame: { x1: frame.left, y1: frame.top, x2: frame.right, y2: frame.bottom },
      texts: [...svg.querySelectorAll('text')]
        .filter((text) => text.textContent.trim() !== '' && text.getAttribute('opacity') !== '0')
        .map((text) => {
          const b = text.getBBox();
          const m = text.getScreenCTM();
          const corner = (x, y) => [m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f];
          return {
            text: text.textContent.slice(0, 60),
            corners: [corner(b.x, b.y), corner(b.x + b.width, b.y), corner(b.x + b.width, b.y + b.height), corner(b.x, b.y + b.height)],
          };
        }),
    };
  }
  return charts;
}
