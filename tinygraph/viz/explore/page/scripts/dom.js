/* Elements, made without markup: every text goes in as text. */
(function (page) {
  'use strict';
  const SVG = 'http://www.w3.org/2000/svg';

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, '');
      else if (value !== false && value != null) element.setAttribute(name, String(value));
    }
    element.append(
      ...children
        .flat(Infinity)
        .filter((child) => child != null)
        .map(textOrNode),
    );
    return element;
  }

  const textOrNode = (child) => (child instanceof Node ? child : page.visible(String(child)));

  const NAMED = {'\t': '\\t', '\n': '\\n', '\r': '\\r'};

  /* A character as Python writes it out: \x00, \u2028, \U000e0001. */
  function escaped(character) {
    const code = character.codePointAt(0);
    const [letter, width] = code < 0x100 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8];
    return NAMED[character] ?? `\\${letter}${code.toString(16).padStart(width, '0')}`;
  }

  /* Write out what cannot be seen, such as marks that turn the direction of writing. */
  page.visible = (text) => text.replace(/(?! )[\p{C}\p{Z}]/gu, escaped);

  /* make('button', {class: 'x', onclick: f}, 'text', child, ...) */
  page.make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

  page.svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS(SVG, tag), attributes, children);

  page.byId = (id) => document.getElementById(id);

  page.put = (element, ...children) => {
    element.replaceChildren();
    return fill(element, {}, children);
  };

  /* Call draw(width) now and whenever the element's width changes. */
  page.onWidth = (element, draw) => {
    let last = 0;
    new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width && width !== last) draw((last = width));
    }).observe(element);
  };
})((globalThis.tinygraph ??= {}));
