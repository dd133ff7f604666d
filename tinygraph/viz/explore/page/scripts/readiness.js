/* Which boxes of the network have a value, when time has come to a step. */
(function (page) {
  'use strict';
  /* Inputs are there from the start; what has no step comes with its pass. */
  function come(box) {
    const forward = box.pass === 'forward';
    if (box.kind === 'input') return true;
    return box.step == null
      ? forward || !page.forward()
      : page.reached(page.rankOf(box.layer, box.step), forward);
  }

  /* Which boxes have a value by now: time has come to them, or what they need has one. */
  page.readyBoxes = ({boxes, edges}) => {
    const ready = boxes.map(come);
    for (let changed = true; changed;) {
      changed = false;
      for (const {source, target} of edges) {
        if (boxes[target].step == null && ready[target] && !ready[source]) {
          ready[target] = false;
          changed = true;
        }
      }
    }
    return ready;
  };
})((globalThis.tinygraph ??= {}));
