/* How the gradient flows back: its norm at each step on a log scale, with a SimpleRNN of the same size beside. */
(function (page) {
  'use strict';
  let chart = null;

  /* The series of a layer, and of the SimpleRNN that stands in its place. */
  function series() {
    const layer = page.chosenLayer();
    const own = Object.entries(layer.norms).map(([state, ref]) => ({
      name: `${layer.type}: ‖∂L/∂${state}ₜ‖`,
      kind: state === 'c' ? 'cell-state' : 'forward',
      values: page.referred(ref),
    }));
    const {comparison} = page.data;
    const twin = comparison.recurrent.find((each) => each.scope === layer.scope);
    if (twin)
      own.push({name: `${comparison.type}: ‖∂L/∂hₜ‖`, kind: 'twin', values: page.referred(twin.norms.h)});
    return own;
  }

  /* What is seen, in words: by how many powers of ten each gradient shrinks from the last step to the first. */
  function words(all) {
    const order = page.chosenLayer().order;
    const said = all.map(({name, values}) => {
      const [first, last] = [values[order[0]], values[order.at(-1)]];
      if (!(first > 0 && last > 0 && Number.isFinite(first + last)))
        return `${name} goes from ${page.number(last)} to ${page.number(first)}`;
      const times = last / first;
      return times >= 1
        ? `${name} shrinks to ${page.number(first / last, 2)} of itself`
        : `${name} grows ${page.number(1 / times, 2)}-fold`;
    });
    return `On the way back from the last step to the first, ${said.join('; ')}.`;
  }

  function draw() {
    const all = series();
    const layer = page.chosenLayer();
    const what = {
      label: `Norm of the gradient at each time step of ${layer.label}, log scale`,
      steps: layer.steps,
      series: all,
    };
    chart.show(what);
    page.byId('flow-words').textContent =
      words(all) + (page.data.comparison.why ? ` ${page.data.comparison.why}` : '');
  }

  page.setUpFlow = () => {
    chart = new page.Chart(page.byId('flow-chart'), {
      label: '',
      log: true,
      steps: 1,
      series: [],
      tall: 280,
      chosen: () => page.stepOf(page.chosenLayer()),
      pick: (step) => page.goToStep(page.state.layer, step),
    });
    page.listen((state, changed) => {
      if (changed.has('layer')) draw();
      else if (changed.has('place')) chart.mark();
    });
    draw();
  };
})((globalThis.tinygraph ??= {}));
