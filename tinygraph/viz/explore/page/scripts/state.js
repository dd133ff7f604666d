/* What is looked at: one place in time, one node, one layer. Everything on the page follows it. */
(function (page) {
  'use strict';
  const listeners = [];

  /* place counts the tape: 0 to steps - 1 go forward in time, steps to 2 * steps - 1 back again;
     open is the cell that is drawn by its operations, or null for the whole network. */
  page.state = {form: '', place: 0, layer: '', open: null, node: null};

  page.listen = (listener) => listeners.push(listener);

  /* Take over changes and tell every listener what changed. */
  page.go = (changes) => {
    const changed = new Set(Object.keys(changes).filter((name) => page.state[name] !== changes[name]));
    Object.assign(page.state, changes);
    if (changed.size) listeners.forEach((listener) => listener(page.state, changed));
  };

  page.forward = () => page.state.place < page.steps;
  page.step = () => (page.forward() ? page.state.place : 2 * page.steps - 1 - page.state.place);
  page.placeOf = (step, forward) => (forward ? step : 2 * page.steps - 1 - step);

  page.layerOf = (scope) => page.data.recurrent.find((each) => each.scope === scope);

  /* The place of a step in the order in which its layer runs: some go from the last step to the first. */
  page.rankOf = (scope, step) => {
    const place = page.layerOf(scope)?.order.indexOf(step) ?? -1;
    return place < 0 ? step : place;
  };

  /* The step that a layer is at; undefined where it has done its last. */
  page.stepOf = (layer) => layer.order[page.step()];

  /* Look at another time step of a layer, going the same way. */
  page.goToStep = (scope, step, forward = page.forward()) =>
    page.go({place: page.placeOf(page.rankOf(scope, step), forward)});

  /* Whether time has come to a place in that order; what is after it is still to be computed. */
  page.reached = (rank, forward) => page.placeOf(rank, forward) <= page.state.place;
})((globalThis.tinygraph ??= {}));
