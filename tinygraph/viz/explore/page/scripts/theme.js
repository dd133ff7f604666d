/* Light or dark: as the reader's system has it, until the button says otherwise. Paper is always light. */
(function (page) {
  'use strict';
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const root = document.documentElement;

  const isDark = () => (root.dataset.theme ?? (dark.matches ? 'dark' : 'light')) === 'dark';
  const redraw = () => page.redrawn.forEach((draw) => draw());

  function show() {
    page.byId('theme').textContent = isDark() ? 'Light' : 'Dark';
    redraw();
  }

  page.setUpTheme = () => {
    page.byId('theme').addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark';
      show();
    });
    dark.addEventListener('change', show);
    addEventListener('beforeprint', redraw);
    addEventListener('afterprint', redraw);
    show();
  };
})((globalThis.tinygraph ??= {}));
