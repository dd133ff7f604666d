/* Keys that work anywhere on the page; the help lists them. */
(function (page) {
  'use strict';
  const help = () => page.byId('help');
  const KEYS = {
    ' ': () => page.toggle(),
    ArrowRight: () => page.move(1),
    ArrowLeft: () => page.move(-1),
    Home: () => page.move(-Infinity),
    End: () => page.move(Infinity),
    f: () => page.playForward(),
    b: () => page.playBack(),
    n: () => page.byId('picture').querySelector('[tabindex="0"]').focus(),
    o: () => (page.state.open == null ? page.openCell(page.state.layer) : page.leaveCell()),
    s: () => page.byId('form').click(),
    t: () => page.byId('theme').click(),
    '/': () => page.byId('search').focus(),
    '+': () => page.byId('nearer').click(),
    '-': () => page.byId('farther').click(),
    0: () => page.byId('fit').click(),
    '?': () => help().showModal(),
    Escape: () => {
      if (page.state.open != null) page.leaveCell();
    },
  };

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || help().open) return;
    const {target} = event;
    if (target.matches('input[type=search], select, input[type=range]')) return;
    if (event.key === ' ' && target.matches('button, summary, [role=button]')) return;
    const act = KEYS[event.key];
    if (!act) return;
    act();
    event.preventDefault();
  }

  page.setUpKeyboard = () => {
    addEventListener('keydown', press);
    page.byId('help-open').addEventListener('click', () => help().showModal());
    page.byId('help-close').addEventListener('click', () => help().close());
  };
})((globalThis.tinygraph ??= {}));
