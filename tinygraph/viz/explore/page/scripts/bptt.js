/* Backpropagation through time: each step's contribution, and the running sum that becomes dW. */
(function (page) {
  'use strict';
  let weight = null;
  let turns = []; // the parts that come at one place of the tape, from the last step to the first
  let sum = null; // {count, values}: the sum of so many turns, which the next one goes on from
  let maps = null;
  let scale = null; // one for all contributions and sums, so that they can be compared
  let chart = null;

  const stage = () => page.data.stages.declared;
  const zeros = () => new Array(page.size(stage().type(weight.node).shape)).fill(0);

  /* Add the nodes of some parts, each addition rounded as the engine rounds. */
  function plus(values, parts) {
    const round = page.rounding(stage().type(weight.node).dtype);
    return parts
      .flatMap((part) => part.nodes)
      .reduce((total, id) => {
        const more = stage().value(id);
        return total ? total.map((value, k) => round(value + more[k])) : more;
      }, values);
  }

  /* The place of a part in the order of running, which goes back in time for some layers. What comes from
     outside of the steps, such as a penalty, is added at the end. */
  function rank({layer, step}) {
    if (step == null) return -1;
    return page.rankOf(layer, step);
  }

  function turnsOf(parts) {
    const found = new Map();
    for (const part of parts) found.set(rank(part), [...(found.get(rank(part)) ?? []), part]);
    return [...found].sort(([a], [b]) => b - a).map(([place, group]) => ({place, parts: group}));
  }

  const contribution = (count) => (count ? plus(null, turns[count - 1].parts) : zeros());

  /* The sum of the first turns; that of all is the gradient, which the engine may have added in another order. */
  function sumOf(count) {
    if (count === turns.length) return stage().value(weight.gradient);
    if (!sum || sum.count > count) sum = {count: 0, values: null};
    for (; sum.count < count; sum.count += 1) sum.values = plus(sum.values, turns[sum.count].parts);
    return sum.values ?? zeros();
  }

  /* How many turns are in the sum: those that time has come back to. */
  function done() {
    if (page.forward()) return 0;
    const missing = turns.findIndex(({place}) => !page.reached(Math.max(place, 0), false));
    return missing < 0 ? turns.length : missing;
  }

  function heat(host, label) {
    const box = page.make('div', {class: 'map'});
    const caption = page.make('figcaption', {});
    host.append(page.make('figure', {}, caption, box));
    const made = new page.HeatMap(box, {
      label,
      rows: 1,
      columns: 1,
      scale: {signed: true, low: -1, high: 1},
      size: 22,
      widest: 40,
      value: () => 0,
      say: (row, column) => `${weight.label} [${row}, ${column}]`,
    });
    return {caption, made};
  }

  function paint({caption, made}, title, values) {
    const columns = stage().type(weight.node).shape.at(-1) ?? 1;
    page.put(
      caption,
      title,
      page.make('span', {class: 'norm'}, `norm ${page.number(page.norm(values))}`),
      page.keyOf(scale),
    );
    made.show({
      label: title,
      rows: values.length / columns,
      columns,
      scale,
      value: (row, column) => values[row * columns + column],
    });
  }

  function words(count) {
    if (count < turns.length)
      return 'Play back to watch the time steps add up, from the last one to the first.';
    const norm = page.number(page.norm(sumOf(count)));
    return `All ${count} contributions are added: this is ∂L/∂${weight.label}, of norm ${norm}.`;
  }

  function draw() {
    const count = done();
    const step = turns[count - 1]?.parts[0].step;
    const where = step == null ? 'from outside of the steps' : `of t = ${step}`;
    paint(maps[0], count ? `Contribution ${where}` : 'Contribution: none yet', contribution(count));
    paint(maps[1], `Running sum of ${count} of ${turns.length}`, sumOf(count));
    page.byId('bptt-now').textContent = words(count);
    chart.mark();
  }

  /* Go through all turns once: the norms of the contributions and of the running sum, and their scale. */
  function norms() {
    const found = [new Array(page.steps).fill(NaN), new Array(page.steps).fill(NaN)];
    const ends = [];
    turns.forEach(({parts: [{step}]}, index) => {
      [contribution(index + 1), sumOf(index + 1)].forEach((values, k) => {
        const {low, high} = page.range(values);
        ends.push(low, high);
        if (step != null) found[k][step] = page.norm(values);
      });
    });
    scale = page.scaleFor(ends, false);
    return found;
  }

  function choose(index) {
    weight = page.data.weights[index];
    [turns, sum] = [turnsOf(weight.parts), null];
    const [each, running] = norms();
    chart.show({
      label: `Norms of the contributions to the gradient of ${weight.label}, and of their running sum`,
      series: [
        {name: 'contribution of step t', kind: 'backward', values: each},
        {name: 'running sum, from the last step down to t', kind: 'total', values: running},
      ],
    });
    draw();
  }

  page.setUpBptt = () => {
    if (!page.data.weights.length) {
      page.byId('bptt').hidden = true;
      return;
    }
    const choice = page.byId('weight');
    choice.append(...page.data.weights.map(({label}, index) => page.make('option', {value: index}, label)));
    choice.addEventListener('change', () => choose(Number(choice.value)));
    maps = ['contribution', 'running sum'].map((label) => heat(page.byId('bptt-maps'), label));
    chart = new page.Chart(page.byId('bptt-norms'), {
      label: '',
      steps: page.steps,
      series: [],
      chosen: () => (page.layerOf(weight.layer) ? page.stepOf(page.layerOf(weight.layer)) : page.step()),
      pick: (step) => page.goToStep(weight.layer, step, false),
    });
    page.listen((state, changed) => {
      if (changed.has('place')) draw();
    });
    choose(0);
  };
})((globalThis.tinygraph ??= {}));
