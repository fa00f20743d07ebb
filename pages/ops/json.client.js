// The search of JSON grids: rows that have the words stay, with everything around them.
const wire = (grid) => {
  const tools = grid.querySelector('[data-json-tools]');
  if (!tools || !tools.hidden) return;
  tools.hidden = false;
};
document.querySelectorAll('[data-json]').forEach(wire);
document.addEventListener('input', ({ target }) => {
  if (!target.matches('[data-json-search]')) return;
  const grid = target.closest('[data-json]');
  const words = target.value.trim().toLowerCase();
  const all = [...grid.querySelectorAll('tr[data-path]')];
  const hits = new Set();
  for (const row of all) {
    const cells = [...row.children].filter((cell) => !cell.querySelector('tr[data-path]'));
    const text = `${row.dataset.path} ${cells.map((cell) => cell.textContent).join(' ')}`.toLowerCase();
    if (words !== '' && text.includes(words)) hits.add(row);
  }
  for (const row of all) {
    const isNear =
      hits.has(row) ||
      [...row.querySelectorAll('tr[data-path]')].some((inner) => hits.has(inner)) ||
      all.some((outer) => outer !== row && hits.has(outer) && outer.contains(row));
    row.hidden = words !== '' && !isNear;
  }
  grid.querySelector('[data-json-count]').textContent =
    words === '' ? '' : hits.size === 1 ? '1 row' : `${hits.size} rows`;
});
