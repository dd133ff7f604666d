/* The values of a node: a heat strip to point at, what they amount to, and all numbers. */
(function (page) {
  'use strict';
  const MOST = 512;

  /* The index of an element by axes, as Python writes it: [0, 5]. */
  page.indexText = (shape, at) => {
    const found = [];
    for (let axis = shape.length - 1, rest = at; axis >= 0; axis -= 1) {
      found.unshift(rest % shape[axis]);
      rest = Math.floor(rest / shape[axis]);
    }
    return shape.length ? `[${found.join(', ')}]` : '';
  };

  /* What values amount to. */
  function summed(all) {
    const {low, high, odd} = page.range(all);
    if (all.length === 1) return page.number(all[0], 7);
    if (odd === all.length) return `norm ${page.number(page.norm(all))}`;
    return `from ${page.number(low)} to ${page.number(high)}, norm ${page.number(page.norm(all))}`;
  }

  function table(shape, columns, all) {
    if (all.length === 1) return null;
    const rows = [];
    for (let at = 0; at < Math.min(all.length, MOST); at += columns)
      rows.push(
        page.make(
          'tr',
          {},
          page.make('th', {scope: 'row'}, page.indexText(shape, at)),
          all.slice(at, Math.min(at + columns, MOST)).map((value) => page.make('td', {}, page.number(value))),
        ),
      );
    return page.make(
      'details',
      {},
      page.make('summary', {}, `${all.length} numbers`),
      page.make(
        'div',
        {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'numbers'},
        page.make('table', {}, rows),
      ),
      all.length > MOST ? page.make('p', {class: 'hint'}, `The first ${MOST}.`) : null,
    );
  }

  /* Values as a heat strip, what they amount to, and all numbers below. */
  page.valuesOf = (title, stage, id) => {
    const {shape} = stage.type(id);
    const all = stage.value(id);
    const {odd} = page.range(all);
    const scale = page.scaleFor(all, page.isGate(stage.nodes.name[id]));
    const columns = shape.length < 2 ? Math.max(all.length, 1) : shape.at(-1);
    const host = page.make('div', {class: 'map'});
    const part = page.make(
      'section',
      {class: 'values-of'},
      page.make('h3', {}, title),
      page.make(
        'p',
        {class: 'sum'},
        summed(all),
        odd ? page.make('strong', {class: 'warning'}, ` ${odd} not finite`) : null,
        all.length > Math.max(1, odd) ? page.keyOf(scale) : null,
      ),
      host,
      table(shape, columns, all),
    );
    if (all.length > 1)
      new page.HeatMap(host, {
        label: `${title}, ${page.shape(shape)}`,
        rows: Math.ceil(all.length / columns),
        columns,
        scale,
        size: 16,
        widest: 40,
        value: (row, column) => all[row * columns + column],
        say: (row, column) => page.indexText(shape, row * columns + column),
        pick: (row, column) => page.go({element: row * columns + column}),
      });
    return part;
  };
})((globalThis.tinygraph ??= {}));
