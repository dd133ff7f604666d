/* Finding a node by its name, operation, layer or step: "lstm t3 sigmoid". */
(function (page) {
  'use strict';
  const MOST = 50;

  const said = (stage, id) => {
    const {pass, step} = stage.place(id);
    return `${page.nodeName(stage, id)} ${page.fullName(stage, id)} ${stage.op(id).name} ${pass} ${step == null ? '' : `t${step}`}`.toLowerCase();
  };

  /* A word of one or two characters, as o or t3, is a whole part of a name; a longer one may be within. */
  const fits = (name, word) => (word.length > 2 ? name.includes(word) : name.split(/[\s/]+/).includes(word));

  /* Every word must be found; nodes that have a name come first. */
  function matches(stage, text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const ids = Array.from({length: stage.count}, (_, id) => id).filter((id) => {
      const name = said(stage, id);
      return words.every((word) => fits(name, word));
    });
    const named = (id) => (page.shortName(stage, id) ? 0 : 1);
    return ids.sort((a, b) => named(a) - named(b) || a - b);
  }

  function entry(stage, id, index) {
    return page.make(
      'li',
      {
        role: 'option',
        id: `found-${index}`,
        'data-node': id,
        'aria-selected': index === 0,
        onclick: () => take(id),
      },
      page.make('b', {}, page.nodeName(stage, id)),
      ` ${page.fullName(stage, id)} `,
      page.make('small', {}, page.shape(stage.type(id).shape)),
    );
  }

  /* Look at a node, and at the layer and step that it belongs to. */
  function take(id) {
    const {step, pass, layer} = page.stage().place(id);
    const changes = {node: id, element: 0};
    if (step != null) changes.place = page.placeOf(page.rankOf(layer, step), pass === 'forward');
    if (page.layerOf(layer)) changes.layer = layer;
    page.go(changes);
    close();
    page.byId('details').scrollIntoView({block: 'nearest'});
  }

  const list = () => page.byId('found');
  const current = () => list().querySelector('[aria-selected="true"]');

  function close() {
    list().hidden = true;
    page.byId('search').setAttribute('aria-expanded', 'false');
  }

  function show() {
    const [stage, field] = [page.stage(), page.byId('search')];
    const ids = matches(stage, field.value);
    const entries = ids.slice(0, MOST).map((id, index) => entry(stage, id, index));
    const more = ids.length > MOST ? page.make('li', {class: 'hint'}, `and ${ids.length - MOST} more`) : null;
    const none =
      field.value.trim() && !ids.length
        ? page.make('li', {class: 'hint'}, 'No node has all of these words.')
        : null;
    page.put(list(), entries, more, none);
    list().hidden = !list().childElementCount;
    field.setAttribute('aria-expanded', String(!list().hidden));
    point(current());
  }

  function point(next) {
    if (!next) {
      page.byId('search').removeAttribute('aria-activedescendant');
      return;
    }
    current()?.setAttribute('aria-selected', 'false');
    next.setAttribute('aria-selected', 'true');
    next.scrollIntoView({block: 'nearest'});
    page.byId('search').setAttribute('aria-activedescendant', next.id);
  }

  function key(event) {
    const options = [...list().querySelectorAll('[role=option]')];
    const by = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (by && options.length)
      point(options[(options.indexOf(current()) + by + options.length) % options.length]);
    else if (event.key === 'Enter' && current()) take(Number(current().dataset.node));
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  page.setUpSearch = () => {
    const field = page.byId('search');
    field.addEventListener('input', show);
    field.addEventListener('keydown', key);
    field.addEventListener('blur', () => setTimeout(close, 200));
    list().addEventListener('pointerdown', (event) => event.preventDefault());
  };
})((globalThis.tinygraph ??= {}));
