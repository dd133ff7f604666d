/* A drawing that is looked at: zoomed, scrolled and dragged, and walked with the arrow keys. */
(function (page) {
  'use strict';
  const MARGIN = 40;

  class Picture {
    constructor(host, act) {
      this.host = host;
      this.act = act; // {pick(index), open(index)}
      this.zoom = 1;
      host.addEventListener('wheel', (event) => this.wheel(event), {passive: false});
      host.addEventListener('pointerdown', (event) => this.grab(event));
      host.addEventListener('scroll', () => this.look());
      page.onWidth(host, () => this.look());
      addEventListener('beforeprint', () => this.crop());
      addEventListener('afterprint', () => this.whole());
    }

    /* Draw boxes, arrows and panels; say(box, index) names a box in full. */
    show(drawing, say, marks) {
      this.drawing = drawing;
      this.boxes = drawing.boxes.map((box, index) => page.drawBox(box, index, say(box, index)));
      this.edges = drawing.edges.map((edge) => page.drawEdge(edge, marks));
      this.strips = page.svg('g', {});
      const headings = drawing.columns.map(({x, heading}) =>
        page.svg('text', {class: 'heading', x, y: -16}, heading),
      );
      this.picture = page.svg(
        'svg',
        {
          role: 'group',
          'aria-label': page.visible(drawing.title),
          onclick: (event) => this.click(event),
          ondblclick: (event) => this.twice(event),
          onkeydown: (event) => this.key(event),
          onfocusin: (event) => this.focused(event),
        },
        page.drawMarks(marks),
        drawing.panels.map(page.drawPanel),
        headings,
        this.edges,
        this.boxes,
        this.strips,
      );
      const focused = this.host.contains(document.activeElement);
      page.put(this.host, this.picture);
      this.rove(Math.min(this.at ?? 0, this.boxes.length - 1));
      if (focused) this.boxes[this.at].focus({preventScroll: true});
      this.scale(this.zoom);
    }

    /* Show a part of the drawing, at the size that the zoom gives it. */
    frame(x, y, width, height) {
      this.picture.setAttribute('viewBox', `${x} ${y} ${width} ${height}`);
      this.picture.setAttribute('width', width * this.zoom);
      this.picture.setAttribute('height', height * this.zoom);
    }

    whole() {
      const {width, height} = this.drawing;
      this.frame(-MARGIN, -MARGIN, width + 2 * MARGIN, height + 2 * MARGIN);
    }

    /* What is printed is what the window shows: all of a long network would be too small to read. */
    crop() {
      this.frame(...this.seen);
    }

    /* Remember what the window shows: when a page is printed it is too late to ask. */
    look() {
      const {scrollLeft, scrollTop, clientWidth, clientHeight} = this.host;
      if (matchMedia('print').matches) return;
      const [x, y, width, height] = [scrollLeft, scrollTop, clientWidth, clientHeight].map(
        (side) => side / this.zoom,
      );
      this.seen = [x - MARGIN, y - MARGIN, Math.min(width, this.drawing.width + 2 * MARGIN), height];
    }

    indexOf(event) {
      const box = event.target.closest('[data-box]');
      return box ? Number(box.dataset.box) : null;
    }

    click(event) {
      const index = this.indexOf(event);
      if (index != null) this.act.pick(index);
    }

    twice(event) {
      const index = this.indexOf(event);
      if (index != null) this.act.open(index);
    }

    focused(event) {
      const index = this.indexOf(event);
      if (index != null) this.rove(index);
    }

    /* One box at a time can be reached by Tab: the arrow keys go on from it. */
    rove(index) {
      this.boxes[this.at]?.setAttribute('tabindex', -1);
      this.at = index;
      this.boxes[index]?.setAttribute('tabindex', 0);
    }

    key(event) {
      const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
      if (way) {
        const next = page.neighbour(this.drawing.boxes, this.at, way);
        this.boxes[next].focus({preventScroll: true});
        this.reveal(next);
      } else if (event.key === 'Enter') (event.shiftKey ? this.act.open : this.act.pick)(this.at);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    /* Scroll so that a box can be seen; the page itself stays where it is. */
    reveal(index) {
      const {x, y, w, h} = this.drawing.boxes[index];
      const {host, zoom} = this;
      const [left, top] = [(x + MARGIN - 40) * zoom, (y + MARGIN - 30) * zoom];
      const [right, bottom] = [(x + w + MARGIN + 40) * zoom, (y + h + MARGIN + 30) * zoom];
      const across = left < host.scrollLeft ? left : Math.max(host.scrollLeft, right - host.clientWidth);
      const down = top < host.scrollTop ? top : Math.max(host.scrollTop, bottom - host.clientHeight);
      host.scrollTo({left: across, top: down});
    }

    /* Keep a column in the middle. */
    centre(x) {
      this.host.scrollTo({left: (x + MARGIN) * this.zoom - this.host.clientWidth / 2});
    }

    /* As large as it can be read and all layers are seen. */
    settle() {
      const room = Math.max(320, innerHeight * 0.72) / (this.drawing.height + 2 * MARGIN);
      this.scale(Math.min(1, Math.max(0.7, room)));
    }

    scale(zoom) {
      this.zoom = Math.min(Math.max(zoom, 0.1), 4);
      if (!this.picture) return;
      this.whole();
      this.look();
    }

    /* Zoom, with what is at a place of the window staying there. */
    scaleBy(factor, x = this.host.clientWidth / 2, y = this.host.clientHeight / 2) {
      const [left, top, before] = [this.host.scrollLeft + x, this.host.scrollTop + y, this.zoom];
      this.scale(before * factor);
      const by = this.zoom / before;
      this.host.scrollTo({left: left * by - x, top: top * by - y});
    }

    fitWidth() {
      this.scale(Math.min(1.2, this.host.clientWidth / (this.drawing.width + 2 * MARGIN)));
    }

    fit() {
      const {width, height} = this.drawing;
      this.scale(
        Math.min(
          1.5,
          this.host.clientWidth / (width + 2 * MARGIN),
          this.host.clientHeight / (height + 2 * MARGIN),
        ),
      );
    }

    wheel(event) {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const {left, top} = this.host.getBoundingClientRect();
      this.scaleBy(Math.exp(-event.deltaY / 300), event.clientX - left, event.clientY - top);
    }

    /* Drag the paper. */
    grab(start) {
      if (start.button !== 0 || start.pointerType === 'touch' || this.indexOf(start) != null) return;
      const {scrollLeft, scrollTop} = this.host;
      const drag = (event) =>
        this.host.scrollTo({
          left: scrollLeft - event.clientX + start.clientX,
          top: scrollTop - event.clientY + start.clientY,
        });
      const drop = () => {
        removeEventListener('pointermove', drag);
        this.host.classList.remove('dragged');
      };
      this.host.classList.add('dragged');
      addEventListener('pointermove', drag);
      addEventListener('pointerup', drop, {once: true});
    }
  }

  page.Picture = Picture;
})((globalThis.tinygraph ??= {}));
