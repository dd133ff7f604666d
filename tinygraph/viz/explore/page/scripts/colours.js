/* Colours of values: two palettes that colour-blind readers can tell apart, taken from the style sheet. */
(function (page) {
  'use strict';

  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

  function palette(name) {
    const text = getComputedStyle(document.documentElement).getPropertyValue(name);
    return text.trim().split(/\s+/).map(channels);
  }

  /* The colour at a fraction from 0 to 1 of the way through the stops. */
  function between(stops, fraction) {
    const place = Math.min(Math.max(fraction, 0), 1) * (stops.length - 1);
    const index = Math.min(Math.floor(place), stops.length - 2);
    const [from, to] = [stops[index], stops[index + 1]];
    const mixed = from.map((value, k) => Math.round(value + (to[k] - value) * (place - index)));
    return `rgb(${mixed.join(' ')})`;
  }

  /* From 0 to 1 for gates; around 0, as far as the largest value, for all else. */
  page.scaleFor = (values, isGate) => {
    const {low, high} = page.range(values);
    if (isGate && low >= 0 && high <= 1) return {signed: false, low: 0, high: 1};
    const most = Math.max(-low, high) || 1;
    return {signed: true, low: -most, high: most};
  };

  /* A function from a value to its colour on a scale; read anew at each drawing, for themes and printing. */
  page.painter = (scale) => {
    const stops = palette(scale.signed ? '--diverging' : '--sequential');
    return (value) => between(stops, (value - scale.low) / (scale.high - scale.low));
  };

  page.colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /* The key of a scale: a strip of its colours between its ends. */
  page.keyOf = (scale) => {
    const name = scale.signed ? 'diverging' : 'sequential';
    return page.make(
      'span',
      {class: 'key'},
      page.number(scale.low, 3),
      page.make('span', {class: `strip ${name}`, 'aria-hidden': 'true'}),
      page.number(scale.high, 3),
    );
  };
})((globalThis.tinygraph ??= {}));
