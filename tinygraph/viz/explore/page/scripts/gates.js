/* Heat maps of a recurrent layer's gates and states: unit by time, with the step that is looked at. */
(function (page) {
  'use strict';
  const GATES = {
    i: 'input gate',
    f: 'forget gate',
    g: 'candidate',
    o: 'output gate',
    c: 'cell state',
    h: 'hidden state',
    z: 'update gate',
    r: 'reset gate',
  };
  const OPEN = new Set(['i', 'f', 'o', 'z', 'r']); // from 0, closed, to 1, open
  page.isGate = (name) => OPEN.has(name);
  let maps = [];

  page.chosenLayer = () => page.layerOf(page.state.layer);

  const declared = () => page.data.stages.declared;

  function map(layer, name, ids) {
    const columns = ids.map((id) => declared().value(id));
    const scale = page.scaleFor(columns.flat(), page.isGate(name) && layer.type !== 'SimpleRNN');
    const title = GATES[name] ? `${name} · ${GATES[name]}` : name;
    const host = page.make('div', {class: 'map'});
    const figure = page.make(
      'figure',
      {'data-gate': name},
      page.make('figcaption', {}, title, page.keyOf(scale)),
      host,
    );
    const heat = new page.HeatMap(host, {
      label: `${title} of ${layer.label}, unit by time step`,
      rows: columns[0].length,
      columns: columns.length,
      scale,
      value: (unit, step) => columns[step][unit],
      say: (unit, step) => `${name}, unit ${unit}, t = ${step}`,
      chosen: () => page.stepOf(layer),
      pick: (unit, step) => {
        page.goToStep(layer.scope, step, true);
        page.go({node: nodeOf(ids[step]), element: unit});
      },
    });
    return [figure, heat];
  }

  /* The gates are those of the declared form; the rewritten one may have no such node. */
  const nodeOf = (id) => (page.state.form === 'declared' ? id : page.state.node);

  function draw() {
    const layer = page.chosenLayer();
    const made = Object.entries(layer.series).map(([name, ids]) => map(layer, name, ids));
    maps = made.map(([, heat]) => heat);
    page.put(
      page.byId('gate-maps'),
      made.map(([figure]) => figure),
    );
  }

  page.setUpGates = () => {
    page.listen((state, changed) => {
      if (changed.has('layer')) draw();
      else if (changed.has('place')) maps.forEach((heat) => heat.draw());
    });
    draw();
  };
})((globalThis.tinygraph ??= {}));
