/* One node: its formula with the numbers put in, value, gradient, shape, layer and step. */
(function (page) {
  'use strict';
  const fact = (name, value) =>
    value == null || value === '' ? null : [page.make('dt', {}, name), page.make('dd', {}, value)];

  const link = (stage, id) =>
    page.make(
      'button',
      {type: 'button', class: 'link', 'data-node': id, onclick: () => page.go({node: id, element: 0})},
      page.nodeName(stage, id),
    );

  const links = (stage, ids) => (ids.length ? ids.slice(0, 60).map((id) => link(stage, id)) : null);

  /* The gates and states of the same step of the same layer. */
  function companions(stage, id) {
    const {layer, step} = stage.place(id);
    const found = page.layerOf(layer);
    if (page.state.form !== 'declared' || !found || step == null) return [];
    return Object.values(found.series)
      .map((ids) => ids[step])
      .filter((other) => other !== id);
  }

  function formula(stage, id) {
    const {element} = page.state;
    if (stage.op(id).leaf) return page.make('p', {class: 'doc'}, stage.op(id).doc);
    const {shape} = stage.type(id);
    return [
      page.make('p', {class: 'formula'}, page.symbols(stage, id)),
      page.make('p', {class: 'numbers'}, page.withNumbers(stage, id, element)),
      shape.length
        ? page.make(
            'p',
            {class: 'hint'},
            `Element ${page.indexText(shape, element)} of ${page.shape(shape)}. Click another in the strip below.`,
          )
        : null,
      page.make('p', {class: 'doc'}, stage.op(id).doc),
    ];
  }

  function opener(stage, id) {
    const {layer, step} = stage.place(id);
    const known = stage.cells.steps.some((each) => each.layer === layer && each.step === step);
    if (!known || page.state.open != null) return null;
    return page.make(
      'button',
      {type: 'button', id: 'open', onclick: () => page.openCell(layer)},
      `Open ${layer}, t = ${step}, operation by operation`,
    );
  }

  function facts(stage, id) {
    const {pass, layer, step} = stage.place(id);
    const {dtype, shape} = stage.type(id);
    return page.make(
      'dl',
      {},
      fact('operation', stage.op(id).name),
      fact('shape', `${page.shape(shape)} ${dtype}`),
      fact('layer', layer),
      fact('time step', step),
      fact('pass', pass),
      fact('attributes', stage.nodes.note[id]),
      fact('made from', links(stage, stage.inputs(id))),
      fact('read by', links(stage, stage.readers[id])),
      fact('beside it', links(stage, companions(stage, id))),
    );
  }

  function gradient(stage, id) {
    const slope = stage.gradient(id);
    if (slope >= 0) return page.valuesOf(`Gradient ∂L/∂${page.nodeName(stage, id)}`, stage, slope);
    if (stage.place(id).pass !== 'forward') return null;
    return page.make(
      'p',
      {class: 'hint'},
      page.state.form === 'declared'
        ? 'The loss has no gradient with respect to it.'
        : 'Its gradient is no node of its own in this form.',
    );
  }

  function draw() {
    const [stage, id, host] = [page.stage(), page.state.node, page.byId('node')];
    if (id == null) {
      page.put(host, page.make('p', {class: 'hint'}, 'Choose a box of the network, or search for a node.'));
      return;
    }
    const {pass} = stage.place(id);
    page.put(
      host,
      page.make('h2', {class: `name ${pass}`}, page.nodeName(stage, id)),
      page.make('p', {class: 'path'}, page.fullName(stage, id)),
      page.make('div', {id: 'formula'}, formula(stage, id)),
      opener(stage, id),
      page.valuesOf('Value', stage, id),
      gradient(stage, id),
      facts(stage, id),
    );
  }

  /* A gate or state that is looked at goes along with time: c₃ becomes c₄. */
  function follow() {
    const {node, form} = page.state;
    if (node == null || form !== 'declared') return;
    const stage = page.stage();
    const {layer, step} = stage.place(node);
    const found = page.layerOf(layer);
    const series = found?.series[stage.nodes.name[node]];
    if (series?.[step] === node) page.go({node: series[page.stepOf(found)] ?? node});
  }

  page.setUpDetails = () => {
    page.listen((state, changed) => {
      if (changed.has('place') && !changed.has('node')) follow();
      if (['node', 'form', 'open'].some((name) => changed.has(name))) draw();
      else if (changed.has('element')) page.put(page.byId('formula'), formula(page.stage(), state.node));
    });
    draw();
  };
})((globalThis.tinygraph ??= {}));
