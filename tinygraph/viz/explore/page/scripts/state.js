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

  /* Look at another time step, going the same way. */
  page.goToStep = (step) => page.go({place: page.placeOf(step, page.forward())});

  /* Whether time has come to a step: those after it are still to be computed, or go back through. */
  page.reached = (step, forward) => page.placeOf(step, forward) <= page.state.place;
})((globalThis.tinygraph ??= {}));
