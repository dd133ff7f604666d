/* Sets the page up when it is read: the data first, then every part of it. */
(function (page) {
  'use strict';

  function heading() {
    const {data} = page;
    page.byId('title').textContent = page.visible(data.title);
    const stage = data.stages.declared;
    page.byId('subtitle').textContent = page.visible(
      `loss ${data.loss} = ${page.number(stage.value(stage.loss)[0])} · ${stage.count} nodes, ` +
        `rewritten to ${data.stages.rewritten.count}`,
    );
  }

  function forms() {
    const button = page.byId('form');
    const show = () => {
      const rewritten = page.state.form === 'rewritten';
      button.setAttribute('aria-pressed', rewritten);
      button.textContent = rewritten ? 'Rewritten' : 'Declared';
    };
    button.addEventListener('click', () =>
      page.go({form: page.state.form === 'declared' ? 'rewritten' : 'declared', node: null}),
    );
    page.listen((state, changed) => {
      if (changed.has('form')) show();
    });
    show();
  }

  function layers() {
    const choice = page.byId('layer');
    choice.append(
      ...page.data.recurrent.map(({scope, label, type}) =>
        page.make('option', {value: scope}, `${label} (${type})`),
      ),
    );
    choice.addEventListener('change', () => page.go({layer: choice.value}));
    page.listen(() => {
      choice.value = page.state.layer;
    });
  }

  async function start() {
    await page.load();
    const {recurrent} = page.data;
    page.steps = Math.max(1, ...recurrent.map((each) => each.steps));
    page.go({
      form: 'declared',
      layer: recurrent[0]?.scope ?? '',
      node: recurrent[0]?.series.h?.[recurrent[0].order[0]] ?? null,
      element: 0,
    });
    heading();
    forms();
    layers();
    page.setUpNetwork();
    page.setUpDetails();
    for (const id of ['gates', 'flow', 'saturation']) page.byId(id).hidden = !recurrent.length;
    if (recurrent.length) {
      page.setUpGates();
      page.setUpFlow();
      page.setUpSaturation();
    }
    page.setUpBptt();
    page.setUpPlayer();
    page.setUpSearch();
    page.setUpKeyboard();
    page.setUpTheme();
    document.body.dataset.ready = 'yes';
  }

  document.addEventListener('DOMContentLoaded', () =>
    start().catch((problem) => {
      page.byId('title').textContent = `This page cannot be shown: ${problem.message}`;
      throw problem;
    }),
  );
})((globalThis.tinygraph ??= {}));
