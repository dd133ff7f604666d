/* The share of each gate's units that are saturated: they hardly move, and pass hardly any gradient. */
(function (page) {
  'use strict';
  const KINDS = ['forward', 'backward', 'total', 'cell-state'];

  function shown() {
    const layer = page.chosenLayer();
    const found = Object.entries(layer.saturation);
    page.byId('saturation').hidden = !found.length;
    return {
      label: `Share of saturated units of each gate of ${layer.label}`,
      steps: layer.steps,
      series: found.map(([name, ref], k) => ({
        name,
        kind: KINDS[k % KINDS.length],
        values: page.referred(ref),
      })),
    };
  }

  page.setUpSaturation = () => page.setUpTimeChart('saturation-chart', {most: 1}, shown);
})((globalThis.tinygraph ??= {}));
