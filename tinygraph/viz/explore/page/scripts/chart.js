/* A chart of series against time: lines with dashes and marks of their own, linear or on a log scale. */
(function (page) {
  'use strict';
  const EDGE = {left: 54, right: 14, top: 10, bottom: 34};
  const MARKS = [
    (x, y) => `M${x - 3} ${y - 3}h6v6h-6z`,
    (x, y) => `M${x} ${y - 4}l4 7h-8z`,
    (x, y) => `M${x} ${y - 4}l4 4l-4 4l-4 -4z`,
    (x, y) => `M${x - 3} ${y}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0`,
  ];
  const usable = (value, log) => Number.isFinite(value) && (!log || value > 0);

  /* Steps of 1, 2 or 5 times a power of ten, so that there are about `count` of them. */
  function stepOf(span, count) {
    const rough = span / count;
    const ten = 10 ** Math.floor(Math.log10(rough));
    return ten * [1, 2, 5, 10].find((times) => times * ten >= rough * 0.999);
  }

  function linearTicks(low, high) {
    const step = stepOf(high - low, 4);
    const first = Math.ceil(low / step - 1e-9);
    const count = Math.floor(high / step + 1e-9) - first;
    return Array.from({length: count + 1}, (_, k) => (first + k) * step);
  }

  function logTicks(low, high) {
    const every = Math.max(1, Math.ceil((high - low) / 6));
    return Array.from({length: Math.floor((high - low) / every) + 1}, (_, k) => low + k * every);
  }

  /* The values' axis: where a value stands, its ticks, and what they are called. */
  function axis(values, {log, most = 0}, height) {
    const {low, high} = page.range(log ? values.map(Math.log10) : values);
    let [from, to] = log ? [Math.floor(low), Math.ceil(high)] : [Math.min(low, 0), Math.max(high, most)];
    if (from === to) to = from + 1;
    const place = (value) =>
      EDGE.top + height - (((log ? Math.log10(value) : value) - from) / (to - from)) * height;
    const ticks = log ? logTicks(from, to) : linearTicks(from, to);
    return {
      place,
      ticks: ticks.map((tick) => [
        log ? place(10 ** tick) : place(tick),
        log ? page.power(tick) : page.number(tick),
      ]),
    };
  }

  class Chart {
    /* what: {label, steps, series: [{name, values, kind}], log, most, chosen(), pick(step)} where kind is a CSS
       class, which also has the dashes, and the axis goes up to `most` at least */
    constructor(host, what) {
      this.what = what;
      this.legend = page.make('ul', {class: 'legend'});
      this.frame = page.make('div', {
        class: 'chart',
        tabindex: 0,
        role: 'application',
        'aria-roledescription': 'chart',
        'aria-label': what.label,
        onkeydown: (event) => this.key(event),
      });
      this.readout = page.make('output', {class: 'readout'});
      host.append(this.legend, this.frame, this.readout);
      page.onWidth(this.frame, () => this.draw());
    }

    show(what) {
      Object.assign(this.what, what);
      this.frame.setAttribute('aria-label', this.what.label);
      this.draw();
    }

    draw() {
      const width = this.frame.clientWidth;
      if (!width) return;
      const {series, steps, log, tall = 220} = this.what;
      const inner = {width: width - EDGE.left - EDGE.right, height: tall - EDGE.top - EDGE.bottom};
      const values = series.flatMap((each) => each.values.filter((value) => usable(value, log)));
      this.x = (step) => EDGE.left + (steps < 2 ? inner.width / 2 : (step / (steps - 1)) * inner.width);
      const up = axis(values.length ? values : [1], this.what, inner.height);
      this.cursor = page.svg('line', {class: 'cursor', y1: EDGE.top, y2: EDGE.top + inner.height});
      page.put(
        this.frame,
        page.svg(
          'svg',
          {viewBox: `0 0 ${width} ${tall}`, 'aria-hidden': 'true', onclick: (event) => this.click(event)},
          this.grid(up, width, inner),
          this.cursor,
          series.map((each, k) => this.line(each, k, up)),
        ),
      );
      page.put(
        this.legend,
        series.map((each, k) => this.entry(each, k)),
      );
      this.mark();
    }

    grid({ticks}, width, inner) {
      const bottom = EDGE.top + inner.height;
      const across = ticks.map(([y, name]) => [
        page.svg('line', {class: 'grid', x1: EDGE.left, x2: width - EDGE.right, y1: y, y2: y}),
        page.svg('text', {class: 'tick', x: EDGE.left - 6, y: y + 4, 'text-anchor': 'end'}, name),
      ]);
      const every = Math.max(1, stepOf(this.what.steps, Math.max(2, inner.width / 60)));
      const count = Math.ceil(this.what.steps / every);
      const below = Array.from({length: count}, (_, k) =>
        page.svg(
          'text',
          {class: 'tick', x: this.x(k * every), y: bottom + 15, 'text-anchor': 'middle'},
          k * every,
        ),
      );
      const name = page.svg(
        'text',
        {class: 'tick', x: EDGE.left + inner.width / 2, y: bottom + 30, 'text-anchor': 'middle'},
        'time step t',
      );
      return [across, below, name];
    }

    /* A line breaks where a value is not finite, or on a log scale zero. */
    line({values, kind}, index, up) {
      let [path, marks, pen] = ['', '', 'M'];
      const every = Math.ceil(values.length / 12);
      values.forEach((value, step) => {
        if (!usable(value, this.what.log)) {
          pen = 'M';
          return;
        }
        const [x, y] = [this.x(step), up.place(value)];
        path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
        pen = 'L';
        if ((step + index) % every === 0 || values.length < 16) marks += MARKS[index % MARKS.length](x, y);
      });
      return page.svg(
        'g',
        {class: `series ${kind}`},
        page.svg('path', {class: 'line', d: path}),
        page.svg('path', {class: 'mark', d: marks}),
      );
    }

    entry({name, kind}, index) {
      const sample = page.svg(
        'svg',
        {width: 34, height: 12, 'aria-hidden': 'true'},
        page.svg(
          'g',
          {class: `series ${kind}`},
          page.svg('path', {class: 'line', d: 'M1 6H33'}),
          page.svg('path', {class: 'mark', d: MARKS[index % MARKS.length](17, 6)}),
        ),
      );
      return page.make('li', {}, sample, name);
    }

    /* Put the cursor where the chosen step is, and say its values. */
    mark() {
      const step = this.what.chosen();
      this.cursor?.toggleAttribute('hidden', step == null);
      if (!this.cursor || step == null) return;
      this.cursor.setAttribute('x1', this.x(step));
      this.cursor.setAttribute('x2', this.x(step));
      const values = this.what.series.map((each) => `${each.name} ${page.number(each.values[step])}`);
      this.readout.textContent = `t = ${step}: ${values.join(' · ')}`;
    }

    click(event) {
      const {left, width} = this.frame.getBoundingClientRect();
      const across = (event.clientX - left - EDGE.left) / (width - EDGE.left - EDGE.right);
      this.pick(Math.round(across * (this.what.steps - 1)));
    }

    pick(step) {
      this.what.pick(Math.min(Math.max(step, 0), this.what.steps - 1));
    }

    key(event) {
      const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (!by) return;
      this.pick((this.what.chosen() ?? this.what.steps) + by);
      event.preventDefault();
      event.stopPropagation();
    }
  }

  page.Chart = Chart;
})((globalThis.tinygraph ??= {}));
