/* What nodes are called: a gate's or state's letter with its time step, a gradient by what it belongs to. */
(function (page) {
  'use strict';

  const letter = (stage, id) => {
    const {step} = stage.place(id);
    return stage.nodes.name[id] + (step == null || stage.op(id).leaf ? '' : page.subscript(step));
  };

  /* A short name for formulas: c₃, kernel, ∂L/∂h₃; else null. */
  page.shortName = (stage, id) => {
    if (stage.nodes.name[id]) return letter(stage, id);
    if (id === stage.loss) return 'L';
    const of = stage.gradientOf.get(id);
    return of != null && stage.nodes.name[of] ? `∂L/∂${letter(stage, of)}` : null;
  };

  /* A name to list nodes by: the short one, or the operation. */
  page.nodeName = (stage, id) => page.shortName(stage, id) ?? stage.op(id).name;

  /* The full name: where it stands, and what it is. */
  page.fullName = (stage, id) => {
    const {scope} = stage.place(id);
    return scope
      ? `${scope}/${stage.nodes.name[id] || stage.op(id).name}`
      : stage.nodes.name[id] || stage.op(id).name;
  };
})((globalThis.tinygraph ??= {}));
