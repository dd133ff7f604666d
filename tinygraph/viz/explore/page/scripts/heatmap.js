/* A heat map: rows by columns of values on a canvas, with a cursor that the mouse and the arrow keys move. */
(function (page) {
  'use strict';

  /* A value below zero has a bar in its cell, one that is no number a cross: colour never stands alone. */
  function mark(context, value, box, ink) {
    const {left, top, width, height} = box;
    const odd = !Number.isFinite(value);
    if (!odd && (value >= 0 || width < 5 || height < 5)) return;
    context.strokeStyle = ink;
    context.globalAlpha = odd ? 1 : 0.55;
    context.beginPath();
    if (odd) {
      context.moveTo(left, top);
      context.lineTo(left + width, top + height);
      context.moveTo(left + width, top);
      context.lineTo(left, top + height);
    } else {
      context.moveTo(left + width * 0.3, top + height / 2);
      context.lineTo(left + width * 0.7, top + height / 2);
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  class HeatMap {
    /* what: {label, rows, columns, value(row, column), scale, say(row, column), chosen(), pick(row, column),
       size: the height of a row, widest: the width of a column at most} */
    constructor(host, what) {
      this.what = what;
      this.at = [0, 0];
      this.canvas = page.make('canvas', {
        tabindex: 0,
        role: 'application',
        'aria-roledescription': 'heat map',
        'aria-label': what.label,
        onpointermove: (event) => this.point(event),
        onpointerleave: () => this.leave(),
        onclick: (event) => {
          this.point(event);
          this.pick();
        },
        onkeydown: (event) => this.key(event),
        onfocus: () => this.move(0, 0),
        onblur: () => this.leave(),
      });
      this.readout = page.make('output', {class: 'readout'});
      host.append(this.canvas, this.readout);
      page.onWidth(host, () => this.draw());
      this.canvas.recolour = () => this.draw();
    }

    show(what) {
      Object.assign(this.what, what);
      this.canvas.setAttribute('aria-label', this.what.label);
      this.at = [Math.min(this.at[0], this.what.rows - 1), Math.min(this.at[1], this.what.columns - 1)];
      this.draw();
      if (this.pointed) this.tell();
    }

    measure() {
      const {rows, columns, size = Math.min(Math.max(140 / rows, 6), 18), widest = 80} = this.what;
      const width = Math.min(this.canvas.parentElement.clientWidth, columns * widest);
      const height = rows * Math.max(2, Math.min(size, 320 / rows));
      const dense = Math.max(1, devicePixelRatio);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
      this.canvas.width = Math.round(width * dense);
      this.canvas.height = Math.round(height * dense);
      return dense;
    }

    box(row, column) {
      const {rows, columns} = this.what;
      const x = (k) => Math.round((k * this.canvas.width) / columns);
      const y = (k) => Math.round((k * this.canvas.height) / rows);
      return {left: x(column), top: y(row), width: x(column + 1) - x(column), height: y(row + 1) - y(row)};
    }

    draw() {
      if (!this.canvas.parentElement.clientWidth) return;
      const dense = this.measure();
      const {rows, columns, value, scale} = this.what;
      const context = this.canvas.getContext('2d');
      const [paint, ink, paper] = [page.painter(scale), page.colour('--ink'), page.colour('--panel')];
      context.lineWidth = dense;
      for (let row = 0; row < rows; row += 1) {
        for (let column = 0; column < columns; column += 1) {
          const [number, box] = [value(row, column), this.box(row, column)];
          context.fillStyle = Number.isFinite(number) ? paint(number) : paper;
          context.fillRect(box.left, box.top, box.width, box.height);
          mark(context, number, box, ink);
        }
      }
      this.frame(context, dense, ink);
    }

    /* Outline the chosen column, and the cell that is pointed at. */
    frame(context, dense, ink) {
      const chosen = this.what.chosen?.();
      context.strokeStyle = ink;
      context.lineWidth = 2 * dense;
      if (chosen != null && chosen >= 0 && chosen < this.what.columns) {
        const {left, width} = this.box(0, chosen);
        context.strokeRect(left, dense, width, this.canvas.height - 2 * dense);
      }
      if (this.pointed) {
        const {left, top, width, height} = this.box(...this.at);
        context.strokeRect(left, top, width, height);
      }
    }

    point(event) {
      const {rows, columns} = this.what;
      const row = Math.floor((event.offsetY / this.canvas.clientHeight) * rows);
      const column = Math.floor((event.offsetX / this.canvas.clientWidth) * columns);
      this.go(Math.min(Math.max(row, 0), rows - 1), Math.min(Math.max(column, 0), columns - 1));
    }

    go(row, column) {
      this.at = [row, column];
      this.pointed = true;
      this.tell();
      this.draw();
    }

    move(down, right) {
      const {rows, columns} = this.what;
      this.go((this.at[0] + down + rows) % rows, (this.at[1] + right + columns) % columns);
    }

    leave() {
      this.pointed = false;
      this.readout.textContent = '';
      this.draw();
    }

    tell() {
      const {say, value} = this.what;
      this.readout.textContent = `${say(...this.at)}: ${page.number(value(...this.at))}`;
    }

    pick() {
      this.what.pick?.(...this.at);
    }

    key(event) {
      const by = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
      if (by) this.move(...by);
      else if (event.key === 'Enter') this.pick();
      else return;
      event.preventDefault();
      event.stopPropagation();
    }
  }

  page.HeatMap = HeatMap;
})((globalThis.tinygraph ??= {}));
