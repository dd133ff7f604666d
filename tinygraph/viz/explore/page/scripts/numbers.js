/* Numbers as a reader wants them: four digits, true minus signs, NaN and infinities by name. */
(function (page) {
  'use strict';
  const RAISED = {'-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹'};
  const LOWERED = {'-': '₋', 0: '₀', 1: '₁', 2: '₂', 3: '₃', 4: '₄', 5: '₅', 6: '₆', 7: '₇', 8: '₈', 9: '₉'};
  const turned = (text, signs) => [...String(text)].map((c) => signs[c] ?? c).join('');

  page.subscript = (text) => turned(text, LOWERED);
  page.power = (exponent) => `10${turned(exponent, RAISED)}`;

  page.number = (value, digits = 4) => {
    if (value == null) return '–';
    if (Number.isNaN(value)) return 'NaN';
    if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
    const size = Math.abs(value);
    if (size !== 0 && (size >= 1e5 || size < 1e-3)) {
      const [head, exponent] = value.toExponential(digits - 2).split('e');
      return `${head.replace('-', '−')}·${page.power(Number(exponent))}`;
    }
    return String(Number(value.toPrecision(digits))).replace('-', '−');
  };

  page.shape = (shape) => (shape.length ? `(${shape.join(', ')})` : 'scalar');
  page.percent = (share) => `${Math.round(100 * share)} %`;

  /* The L2 norm; NaN where a value is NaN. */
  page.norm = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

  /* The smallest and largest of the finite values, and how many are not finite. */
  page.range = (values) => {
    let low = Infinity,
      high = -Infinity,
      odd = 0;
    for (const value of values) {
      if (!Number.isFinite(value)) {
        odd += 1;
        continue;
      }
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return low <= high ? {low, high, odd} : {low: 0, high: 0, odd};
  };
})((globalThis.tinygraph ??= {}));
