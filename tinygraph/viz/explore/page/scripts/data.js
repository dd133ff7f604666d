/* The data of the page: unpacked once, then asked for one value at a time. */
(function (page) {
  'use strict';
  const KINDS = {
    float64: Float64Array,
    float32: Float32Array,
    int64: BigInt64Array,
    int32: Int32Array,
    bool: Uint8Array,
  };

  const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

  async function inflated(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return JSON.parse(await new Response(stream).text());
  }

  const size = (shape) => shape.reduce((product, length) => product * length, 1);

  /* Where each element of a strided array stands, in C order. */
  function places(shape, strides, at) {
    let found = [at];
    shape.forEach((length, axis) => {
      found = found.flatMap((start) => Array.from({length}, (_, k) => start + k * strides[axis]));
    });
    return found;
  }

  class Stage {
    constructor(data, {nodes, places, types, strides, loss, drawings, cells}) {
      Object.assign(this, {data, nodes, places, types, strides, loss, drawings, cells});
      this.kept = new Map();
    }

    get count() {
      return this.nodes.op.length;
    }
    op(id) {
      return this.data.ops[this.nodes.op[id]];
    }
    formula(id) {
      return this.data.formulas[this.nodes.formula[id]];
    }
    type(id) {
      return this.types[this.nodes.type[id]];
    }
    place(id) {
      return this.places[this.nodes.place[id]];
    }
    inputs(id) {
      return this.nodes.inputs[id];
    }
    gradient(id) {
      return this.nodes.gradient[id];
    }

    /* The value of a node as an array in C order; the last asked for are kept. */
    value(id) {
      if (!this.kept.has(id)) {
        if (this.kept.size > 4000) this.kept.clear();
        this.kept.set(id, this.read(id));
      }
      return this.kept.get(id);
    }

    read(id) {
      const {shape, dtype} = this.type(id);
      const [at, strides] = [this.nodes.at[id], this.nodes.strides[id]];
      if (at < 0) return this.outer(id, dtype);
      const buffer = this.data.buffers[dtype];
      const found =
        strides < 0
          ? buffer.subarray(at, at + size(shape))
          : places(shape, this.strides[strides], at).map((place) => buffer[place]);
      return Array.from(found, Number);
    }

    /* The product of a column and a row, rounded as the engine rounds. */
    outer(id, dtype) {
      const [column, row] = this.inputs(id).map((source) => this.value(source));
      const round = page.rounding(dtype);
      return column.flatMap((a) => row.map((b) => round(a * b)));
    }

    /* The nodes that read each node. */
    get readers() {
      if (!this.readBy) {
        this.readBy = Array.from({length: this.count}, () => []);
        this.nodes.inputs.forEach((inputs, id) =>
          new Set(inputs).forEach((source) => this.readBy[source].push(id)),
        );
      }
      return this.readBy;
    }

    /* What each gradient is the gradient of. */
    get gradientOf() {
      if (!this.slopes) {
        this.slopes = new Map();
        this.nodes.gradient.forEach((slope, id) => {
          if (slope >= 0) this.slopes.set(slope, id);
        });
      }
      return this.slopes;
    }
  }

  page.rounding = (dtype) => (dtype === 'float32' ? Math.fround : (value) => value);
  page.size = size;

  /* A series of numbers that stands in the arrays on its own. */
  page.referred = ({dtype, at, shape}) =>
    Array.from(page.data.buffers[dtype].subarray(at, at + size(shape)), Number);

  page.stage = () => page.data.stages[page.state.form];

  page.load = async () => {
    const data = await inflated(bytesOf(page.byId('data').textContent.trim()));
    data.buffers = Object.fromEntries(
      Object.entries(data.arrays).map(([dtype, text]) => {
        const bytes = bytesOf(text);
        return [dtype, new KINDS[dtype](bytes.buffer)];
      }),
    );
    for (const [name, raw] of Object.entries(data.stages)) data.stages[name] = new Stage(data, raw);
    page.data = data;
  };
})((globalThis.tinygraph ??= {}));
