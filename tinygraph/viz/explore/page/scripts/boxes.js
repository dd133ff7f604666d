/* The boxes and arrows of a drawing as SVG; where they stand comes with the data. */
(function (page) {
  'use strict';
  const svg = (...given) => page.svg(...given);
  const LINE = 17;
  const MOST_WEIGHTS = 4;
  const STRIP = 7;

  const weightsOf = ({weights}) =>
    weights.slice(0, MOST_WEIGHTS).map(({name, shape}) => `${name} ${shape.join(' × ')}`);

  /* The sign of a weight: a small drum at the left of its name. */
  const drum = (x, y) =>
    svg('path', {
      class: 'drum',
      transform: `translate(${x} ${y})`,
      d: 'M1 3A5 2 0 0 1 11 3V11A5 2 0 0 1 1 11ZA5 2 0 0 0 11 3',
    });

  function linesOf(box) {
    const second = [box.type, box.shape].filter(Boolean).join(' · ');
    const said = box.kind === 'cell' ? [box.note, box.shape] : [second, box.note];
    return [box.label, ...said.filter(Boolean), ...weightsOf(box), ...box.outputs.map((name) => `→ ${name}`)];
  }

  function cylinder({x, y, w, h}) {
    const lid = 5;
    const [left, right, top, bottom] = [x, x + w, y + lid, y + h - lid];
    const arc = `A${w / 2} ${lid} 0 0`;
    return svg('path', {
      class: 'shape',
      d:
        `M${left} ${top}${arc} 1 ${right} ${top}V${bottom}${arc} 1 ${left} ${bottom}Z` +
        `M${left} ${top}${arc} 0 ${right} ${top}`,
    });
  }

  function outline(box) {
    if (box.kind === 'param') return cylinder(box);
    const rx = {input: box.h / 2.5, constant: 2}[box.kind] ?? 8;
    return svg('rect', {class: 'shape', x: box.x, y: box.y, width: box.w, height: box.h, rx});
  }

  function words(box) {
    const lines = linesOf(box);
    const top = box.y + (box.h - lines.length * LINE) / 2 + 12.5;
    return lines.map((line, k) =>
      svg('text', {class: k ? 'small' : 'label', x: box.x + box.w / 2, y: top + k * LINE}, line),
    );
  }

  /* A box: its shape by its kind, its lines in the middle; it is named in full for screen readers. */
  page.drawBox = (box, index, said) =>
    svg(
      'g',
      {
        class: `box ${box.pass} ${box.kind}`,
        role: 'button',
        tabindex: -1,
        'aria-label': page.visible(said),
        'data-box': index,
      },
      outline(box),
      words(box),
    );

  /* The strip at the lower edge of a box: its values as colours. */
  page.drawStrip = (box, values, scale) => {
    const paint = page.painter(scale);
    const shown = values.slice(0, 64);
    const wide = (box.w - 12) / shown.length;
    const [left, top] = [box.x + 6, box.y + box.h - STRIP / 2];
    const paper = svg('rect', {class: 'paper', x: left, y: top, width: box.w - 12, height: STRIP});
    return svg(
      'g',
      {class: 'values'},
      paper,
      shown.map((value, k) =>
        svg('rect', {
          x: left + k * wide,
          y: top,
          width: wide,
          height: STRIP,
          fill: Number.isFinite(value) ? paint(value) : 'none',
          class: Number.isFinite(value) ? null : 'odd',
        }),
      ),
    );
  };

  function path(points) {
    let text = '';
    for (let k = 0; k < points.length; k += 2) text += `${k ? 'L' : 'M'}${points[k]} ${points[k + 1]}`;
    return text;
  }

  page.drawEdge = (edge, marks) => {
    const kind = edge.saved ? 'saved' : edge.pass;
    const label =
      edge.labelAt && svg('text', {class: 'flow', x: edge.labelAt[0], y: edge.labelAt[1] - 5}, edge.label);
    return svg(
      'g',
      {class: `edge ${kind}`},
      svg('path', {d: path(edge.points), 'marker-end': `url(#${marks}-${kind})`}),
      label,
    );
  };

  /* What a layer's panel says at its left: name, type, and the weights that all of its steps share. */
  function panelLines(panel) {
    const said = [panel.label, panel.type, panel.note].filter(Boolean);
    const lines = [...said, ...weightsOf(panel)];
    const height = (k) => panel.y + panel.h / 2 + (k - (lines.length - 1) / 2) * LINE + 5;
    return lines.map((line, k) => {
      const weight = k >= said.length;
      return [
        weight ? drum(panel.x + 16, height(k) - 11) : null,
        svg('text', {class: k ? 'small' : 'label', x: panel.x + (weight ? 33 : 16), y: height(k)}, line),
      ];
    });
  }

  page.drawPanel = (panel) =>
    svg(
      'g',
      {class: 'panel'},
      svg('rect', {x: panel.x, y: panel.y, width: panel.w, height: panel.h, rx: 12}),
      panelLines(panel),
    );

  /* The heads of arrows, one for each kind of line. */
  page.drawMarks = (marks) =>
    svg(
      'defs',
      {},
      ['forward', 'backward', 'update', 'saved'].map((kind) =>
        svg(
          'marker',
          {
            id: `${marks}-${kind}`,
            class: `edge ${kind}`,
            viewBox: '0 0 9 8',
            refX: 8,
            refY: 4,
            markerWidth: 9,
            markerHeight: 8,
            orient: 'auto',
            markerUnits: 'userSpaceOnUse',
          },
          svg('path', {class: 'head', d: 'M0 0L9 4L0 8z'}),
        ),
      ),
    );
})((globalThis.tinygraph ??= {}));
