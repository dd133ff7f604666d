/* Backpropagation through time: each step's contribution, and the running sum that becomes dW. */
(function (page) {
  'use strict';
  let weight = null;
  let sum = null; // {count, values}: the sum of so many parts, which the next one goes on from
  let maps = null;
  let chart = null;

  const stage = () => page.data.stages.declared;
  const length = () => page.size(stage().type(weight.node).shape);

  /* Add a part as the engine does: node by node, each addition rounded. */
  function plus(values, part) {
    const round = page.rounding(stage().type(weight.node).dtype);
    return part.nodes.reduce((total, id) => {
      const more = stage().value(id);
      return total ? total.map((value, k) => round(value + more[k])) : more;
    }, values);
  }

  function sumOf(count) {
    if (!sum || sum.count > count) sum = {count: 0, values: null};
    for (; sum.count < count; sum.count += 1) sum.values = plus(sum.values, weight.parts[sum.count]);
    return sum.values ?? new Array(length()).fill(0);
  }

  const contribution = (count) => (count ? plus(null, weight.parts[count - 1]) : new Array(length()).fill(0));

  /* The place of a step in the order of running, which goes back in time for some layers. */
  function rank({layer, step}) {
    const order = page.data.recurrent.find((each) => each.scope === layer)?.order;
    return order ? order.indexOf(step) : step;
  }

  const reached = (part) => part.step == null || page.reached(rank(part), false);

  /* How many parts are in the sum: those, in their order, that time has come back to. */
  function done() {
    if (page.forward()) return 0;
    const missing = weight.parts.findIndex((part) => !reached(part));
    return missing < 0 ? weight.parts.length : missing;
  }

  function heat(host, label) {
    const box = page.make('div', {class: 'map'});
    const caption = page.make('figcaption', {});
    host.append(page.make('figure', {}, caption, box));
    const made = new page.HeatMap(box, {label, rows: 1, columns: 1, scale: {signed: true, low: -1, high: 1}, size: 12,
      value: () => 0, say: (row, column) => `${weight.label} [${row}, ${column}]`});
    return {caption, made};
  }

  function paint({caption, made}, title, values) {
    const scale = page.scaleFor(values, false);
    const columns = stage().type(weight.node).shape.at(-1) ?? 1;
    page.put(caption, title, page.make('span', {class: 'norm'}, `norm ${page.number(page.norm(values))}`), page.keyOf(scale));
    made.show({label: title, rows: values.length / columns, columns, scale,
      value: (row, column) => values[row * columns + column]});
  }

  function words(count) {
    if (count < weight.parts.length) return 'Play back to watch the time steps add up, from the last one to the first.';
    return `All ${count} contributions are added: this is ∂L/∂${weight.label}, of norm ${page.number(page.norm(sumOf(count)))}.`;
  }

  function draw() {
    const count = done();
    const last = weight.parts[count - 1];
    const where = last && (last.step == null ? 'from outside of the steps' : `of t = ${last.step}`);
    paint(maps[0], last ? `Contribution ${where}` : 'Contribution: none yet', contribution(count));
    paint(maps[1], `Running sum of ${count} of ${weight.parts.length}`, sumOf(count));
    page.byId('bptt-now').textContent = words(count);
    chart.mark();
  }

  /* The norms of the contributions and of the running sum, by time step. */
  function norms() {
    const found = [new Array(page.steps).fill(NaN), new Array(page.steps).fill(NaN)];
    weight.parts.forEach((part, index) => {
      if (part.step == null) return;
      found[0][part.step] = page.norm(contribution(index + 1));
      found[1][part.step] = page.norm(sumOf(index + 1));
    });
    return found;
  }

  function choose(index) {
    weight = page.data.weights[index];
    sum = null;
    const [each, running] = norms();
    chart.show({label: `Norms of the contributions to the gradient of ${weight.label}, and of their running sum`,
      series: [{name: 'contribution of step t', kind: 'backward', values: each},
        {name: 'running sum, from the last step down to t', kind: 'total', values: running}]});
    draw();
  }

  page.setUpBptt = () => {
    if (!page.data.weights.length) { page.byId('bptt').hidden = true; return; }
    const choice = page.byId('weight');
    choice.append(...page.data.weights.map(({label}, index) => page.make('option', {value: index}, label)));
    choice.addEventListener('change', () => choose(Number(choice.value)));
    maps = ['contribution', 'running sum'].map((label) => heat(page.byId('bptt-maps'), label));
    chart = new page.Chart(page.byId('bptt-norms'), {label: '', steps: page.steps, series: [], chosen: page.step,
      pick: (step) => page.go({place: page.placeOf(step, false)})});
    page.listen((state, changed) => { if (changed.has('place')) draw(); });
    choose(0);
  };
})((globalThis.tinygraph ??= {}));
