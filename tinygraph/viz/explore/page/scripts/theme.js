/* Light or dark: as the reader's system has it, until the button says otherwise. Paper is always light. */
(function (page) {
  'use strict';
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const root = document.documentElement;
  let chosen = null;

  const theme = () => chosen ?? (dark.matches ? 'dark' : 'light');
  const other = () => (theme() === 'dark' ? 'light' : 'dark');

  function show(shown = theme()) {
    root.dataset.theme = shown;
    page.byId('theme').textContent = shown === 'dark' ? 'Light' : 'Dark';
    /* What has colours of its own draws itself again. */
    document.querySelectorAll('canvas, #picture').forEach((each) => each.recolour());
  }

  root.dataset.theme = theme(); // before anything is drawn
  page.setUpTheme = () => {
    page.byId('theme').addEventListener('click', () => {
      chosen = other();
      show();
    });
    dark.addEventListener('change', () => show());
    addEventListener('beforeprint', () => show('light'));
    addEventListener('afterprint', () => show());
    show();
  };
})((globalThis.tinygraph ??= {}));
