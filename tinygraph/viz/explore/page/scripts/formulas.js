/* A node's formula: in symbols, and with the numbers of one element put in. */
(function (page) {
  'use strict';
  const TERMS = 4;
  const DEEPEST = 2;

  /* A formula with its slots {0}, {1}, ... filled by fill(k). */
  const filled = (formula, fill) => formula.replace(/\{(\d+)\}/g, (_, k) => fill(Number(k)));

  /* A formula that begins with a slot has an operator: inside of another it stands in parentheses. */
  const operates = (formula) => /^-|^\{0\} /.test(formula);
  const wrapped = (formula, text) => (operates(formula) ? `(${text})` : text);

  /* Whether a formula is written out instead of named: elementwise, and nothing that has a name. */
  const opened = (stage, id, depth) =>
    depth < DEEPEST && !page.shortName(stage, id) && stage.op(id).elementwise && !stage.op(id).leaf;

  function symbols(stage, id, depth) {
    const formula = stage.formula(id);
    return filled(formula, (k) => {
      const source = stage.inputs(id)[k];
      if (!opened(stage, source, depth)) return called(stage, source);
      return wrapped(stage.formula(source), symbols(stage, source, depth + 1));
    });
  }

  const called = (stage, id) =>
    page.shortName(stage, id) ??
    (stage.op(id).leaf && stage.nodes.note[id] ? stage.nodes.note[id] : `${stage.op(id).name}[${id}]`);

  const signed = (value) => (value < 0 ? `(${page.number(value)})` : page.number(value));

  /* The element of an input that meets element `at` of a result, as shapes are broadcast. */
  function met(stage, source, id, at) {
    const [own, whole] = [stage.type(source).shape, stage.type(id).shape];
    let [index, rest, stride] = [0, at, 1];
    for (let axis = 1; axis <= whole.length; axis += 1) {
      const length = whole[whole.length - axis];
      const here = own[own.length - axis] ?? 1;
      if (here > 1) index += (rest % length) * stride;
      stride *= here;
      rest = Math.floor(rest / length);
    }
    return index;
  }

  function numbers(stage, id, at, depth) {
    return filled(stage.formula(id), (k) => {
      const source = stage.inputs(id)[k];
      const index = met(stage, source, id, at);
      if (!opened(stage, source, depth)) return signed(stage.value(source)[index]);
      return wrapped(stage.formula(source), numbers(stage, source, index, depth + 1));
    });
  }

  /* One element of a matrix product: the first terms of its sum. */
  function product(stage, id, at) {
    const [left, right] = stage.inputs(id);
    const columns = stage.type(id).shape.at(-1);
    const inner = stage.type(left).shape.at(-1);
    const [row, column] = [Math.floor(at / columns), at % columns];
    const terms = Array.from({length: Math.min(inner, TERMS)}, (_, k) => {
      const [a, b] = [stage.value(left)[row * inner + k], stage.value(right)[k * columns + column]];
      return `${signed(a)} · ${signed(b)}`;
    });
    return terms.join(' + ') + (inner > TERMS ? ` + … (${inner} terms)` : '');
  }

  function several(stage, id) {
    return filled(stage.formula(id), (k) => {
      const values = stage.value(stage.inputs(id)[k]);
      const first = values
        .slice(0, TERMS)
        .map((value) => page.number(value))
        .join(', ');
      return values.length === 1 ? first : `[${first}${values.length > TERMS ? ', …' : ''}]`;
    });
  }

  const written = (text) => text.replaceAll(' * ', ' ⊙ ');

  /* The formula in symbols: c₃ = f₃ ⊙ c₂ + i₃ ⊙ g₃; null for a leaf. */
  page.symbols = (stage, id) => {
    if (stage.op(id).leaf) return null;
    return `${page.nodeName(stage, id)} = ${written(symbols(stage, id, 0))}`;
  };

  /* The same with the numbers of element `at`. */
  page.withNumbers = (stage, id, at) => {
    if (stage.op(id).leaf) return null;
    const flat =
      stage.type(id).shape.length === 2 && stage.inputs(id).every((k) => stage.type(k).shape.length === 2);
    let text = stage.op(id).elementwise
      ? numbers(stage, id, at, 0).replaceAll(' * ', ' · ')
      : several(stage, id);
    if (stage.op(id).name === 'matmul' && flat) text = product(stage, id, at);
    text = text.replace(/\(\((−[^()]*)\)\)/g, '($1)');
    return `${text} = ${page.number(stage.value(id)[at])}`;
  };
})((globalThis.tinygraph ??= {}));
