/* The share of each gate's units that are saturated: they hardly move, and pass hardly any gradient. */
(function (page) {
  'use strict';
  let chart = null;
  const KINDS = ['forward', 'backward', 'total', 'cell-state'];

  function draw() {
    const layer = page.chosenLayer();
    const found = Object.entries(layer.saturation);
    page.byId('saturation').hidden = !found.length;
    chart.show({
      label: `Share of saturated units of each gate of ${layer.label}`,
      steps: layer.steps,
      series: found.map(([name, ref], k) => ({
        name,
        kind: KINDS[k % KINDS.length],
        values: page.referred(ref),
      })),
    });
  }

  page.setUpSaturation = () => {
    chart = new page.Chart(page.byId('saturation-chart'), {
      label: '',
      steps: 1,
      series: [],
      most: 1,
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
