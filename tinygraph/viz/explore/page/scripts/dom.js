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
    element.append(...children.flat(Infinity).filter((child) => child != null).map(textOrNode));
    return element;
  }

  const textOrNode = (child) => (child instanceof Node ? child : page.visible(String(child)));

  /* Write out what cannot be seen, such as marks that turn the direction of writing. */
  page.visible = (text) => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu,
    (c) => `\\u${c.codePointAt(0).toString(16).padStart(4, '0')}`);

  /* make('button', {class: 'x', onclick: f}, 'text', child, ...) */
  page.make = (tag, attributes = {}, ...children) =>
    fill(document.createElement(tag), attributes, children);

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
