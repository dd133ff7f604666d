/* A chart of the chosen layer over its time steps, in which a click chooses the step. */
(function (page) {
  'use strict';

  /* `shown()` is what the chart shows of the layer that is chosen. */
  page.setUpTimeChart = (id, options, shown) => {
    const chart = new page.Chart(page.byId(id), {
      ...options,
      label: '',
      steps: 1,
      series: [],
      chosen: () => page.stepOf(page.chosenLayer()),
      pick: (step) => page.goToStep(page.state.layer, step),
    });
    page.listen((state, changed) => {
      if (changed.has('layer')) chart.show(shown());
      else if (changed.has('place')) chart.mark();
    });
    chart.show(shown());
  };
})((globalThis.tinygraph ??= {}));
