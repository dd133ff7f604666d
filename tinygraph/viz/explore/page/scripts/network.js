/* The network by time step and layer, or one of its cells by operations, as far as time has come. */
(function (page) {
  'use strict';
  let picture = null;
  let shown = null; // the drawing, and the nodes of each of its boxes

  /* A cell's drawing and nodes, at the step that is looked at. */
  function cell(stage, layer, step) {
    const found = stage.cells.steps.find((each) => each.layer === layer && each.step === step);
    return found && {drawing: stage.cells.drawings[found.drawing], nodes: found.nodes};
  }

  const whole = (stage) => {
    const drawing = stage.drawings.unrolled;
    return {drawing, nodes: drawing.boxes.map((box) => box.nodes)};
  };

  /* The node that a box stands for: the state that a cell hands on, or the last one. */
  function mainNode(stage, box, nodes) {
    const states = box.kind === 'cell' ? ['h', 'c'] : [];
    const wanted = (id) =>
      box.pass === 'forward' ? stage.nodes.name[id] : stage.nodes.name[stage.gradientOf.get(id)];
    for (const name of states) {
      const found = nodes.filter((id) => wanted(id) === name).at(-1);
      if (found != null) return found;
    }
    return nodes.at(-1);
  }

  const rank = ({layer, step}) => page.rankOf(layer, step);

  function progress() {
    const {boxes} = shown.drawing;
    const ready = page.state.open == null ? page.readyBoxes(shown.drawing) : boxes.map(() => true);
    picture.boxes.forEach((element, index) => {
      const box = boxes[index];
      element.classList.toggle('waiting', !ready[index]);
      element.classList.toggle(
        'current',
        box.step != null &&
          rank(box) === page.step() &&
          (box.pass === 'forward') === page.forward() &&
          page.state.open == null,
      );
    });
    shown.drawing.edges.forEach((edge, index) =>
      picture.edges[index].classList.toggle('waiting', !(ready[edge.source] && ready[edge.target])),
    );
    [...picture.strips.children].forEach((strip) =>
      strip.classList.toggle('waiting', !ready[strip.dataset.of]),
    );
  }

  function select() {
    const {node} = page.state;
    picture.boxes.forEach((element, index) => {
      const chosen = node != null && shown.nodes[index].includes(node);
      element.classList.toggle('chosen', chosen);
      element.setAttribute('aria-pressed', chosen);
    });
    const first = shown.nodes.findIndex((nodes) => nodes.includes(node));
    if (first >= 0) picture.rove(first);
  }

  /* The scale of a box's strip: in the network one for all steps of a layer, so that they can be compared. */
  function scales(stage) {
    const main = shown.drawing.boxes.map((box, index) => mainNode(stage, box, shown.nodes[index]));
    if (page.state.open != null) {
      return (index) => page.scaleFor(stage.value(main[index]), page.isGate(stage.nodes.name[main[index]]));
    }
    const keys = shown.drawing.boxes.map((box) => `${box.pass} ${box.layer}`);
    const values = new Map(keys.map((key) => [key, []]));
    main.forEach((id, index) => {
      if (id != null) values.get(keys[index]).push(...stage.value(id).slice(0, 64));
    });
    const found = new Map([...values].map(([key, all]) => [key, page.scaleFor(all, false)]));
    return (index) => found.get(keys[index]);
  }

  function strips() {
    const stage = page.stage();
    const scaleOf = scales(stage);
    const drawn = shown.drawing.boxes.map((box, index) => {
      const id = mainNode(stage, box, shown.nodes[index]);
      if (id == null || (page.state.open == null && box.kind !== 'cell')) return null;
      const strip = page.drawStrip(box, stage.value(id), scaleOf(index));
      strip.dataset.of = index;
      return strip;
    });
    page.put(picture.strips, drawn);
  }

  function say(box) {
    const where = box.step == null ? '' : `, t = ${box.step}`;
    return `${box.label} ${box.type || box.kind} ${box.layer}${where}, ${box.pass} ${box.shape} ${box.note}`;
  }

  const stepInside = () => page.stepOf(page.layerOf(page.state.open));

  function draw() {
    const stage = page.stage();
    const inside = page.state.open != null && cell(stage, page.state.open, stepInside());
    const next = inside || whole(stage);
    const same = shown && shown.drawing === next.drawing;
    shown = next;
    if (!same) picture.show(shown.drawing, say, 'arrow');
    strips();
    progress();
    select();
    crumbs(inside);
  }

  function crumbs(inside) {
    const {open} = page.state;
    page.byId('leave').hidden = open == null;
    const what = inside ? 'its operations, forward and backward' : 'this form has no cell here';
    page.byId('crumbs').textContent =
      open == null ? 'Each box is one layer at one time step' : `${open}, t = ${stepInside()}: ${what}`;
  }

  /* Follow time: the chosen step stays in sight. */
  function follow() {
    const {boxes} = shown.drawing;
    const here = boxes.find((box) => box.step != null && rank(box) === page.step());
    if (here && page.state.open == null) picture.centre(here.x + here.w / 2);
  }

  function pick(index) {
    const box = shown.drawing.boxes[index];
    const node = mainNode(page.stage(), box, shown.nodes[index]);
    const changes = node == null ? {} : {node, element: 0};
    if (box.step != null && page.state.open == null) {
      changes.place = page.placeOf(rank(box), box.pass === 'forward');
      if (page.layerOf(box.layer)) changes.layer = box.layer;
    }
    page.go(changes);
  }

  function open(index) {
    const box = shown.drawing.boxes[index];
    pick(index);
    if (page.state.open == null && box.kind === 'cell') page.openCell(box.layer);
  }

  page.openCell = (layer) => {
    page.go({open: layer});
    picture.fitWidth();
    picture.boxes[picture.at]?.focus({preventScroll: true});
  };

  page.leaveCell = () => {
    page.go({open: null});
    picture.settle();
    follow();
  };

  page.setUpNetwork = () => {
    picture = new page.Picture(page.byId('picture'), {pick, open});
    page.byId('leave').addEventListener('click', page.leaveCell);
    page.byId('nearer').addEventListener('click', () => picture.scaleBy(1.25));
    page.byId('farther').addEventListener('click', () => picture.scaleBy(0.8));
    page.byId('fit').addEventListener('click', () => picture.fit());
    picture.host.recolour = () => {
      strips();
      progress();
    };
    page.listen((state, changed) => {
      const another = changed.has('form') || changed.has('open');
      if (another || (state.open != null && changed.has('place'))) draw();
      else if (changed.has('place')) progress();
      if (another) picture.host.scrollTo(0, 0);
      if (another || changed.has('place')) follow();
      if (changed.has('node')) select();
    });
    draw();
    picture.settle();
  };
})((globalThis.tinygraph ??= {}));
