/* Light or dark: as the reader's system has it, until the button says otherwise. Paper is always light. */
(function (page) {
  'use strict';
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const root = document.documentElement;

  const isDark = () => (root.dataset.theme ?? (dark.matches ? 'dark' : 'light')) === 'dark';
  /* What has colours of its own draws itself again. */
  const redraw = () => document.querySelectorAll('canvas, #picture').forEach((each) => each.recolour());

  function show() {
    page.byId('theme').textContent = isDark() ? 'Light' : 'Dark';
    redraw();
  }

  function paper(theme) {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    redraw();
  }

  page.setUpTheme = () => {
    page.byId('theme').addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark';
      show();
    });
    dark.addEventListener('change', show);
    let before;
    addEventListener('beforeprint', () => {
      before = root.dataset.theme;
      paper('light');
    });
    addEventListener('afterprint', () => paper(before));
    show();
  };
})((globalThis.tinygraph ??= {}));
