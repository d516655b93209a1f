/**
 * A neural language model in plain typed arrays, after Bengio et al., "A Neural Probabilistic Language Model" (JMLR 2003):
 * the last `n` tokens are looked up in a table of embeddings, joined into one vector, sent through a hidden layer, and a
 * softmax over the vocabulary says which token comes next.
 *
 *     x = [E[w(t-n)]; ...; E[w(t-1)]]        n*d numbers
 *     h = tanh(W x + b)                      hidden layer
 *     p = softmax(U h + c)                   one probability a token
 *     loss = -ln p[w(t)]                     cross entropy, in nats a token
 *
 * Going back, with g = dloss/dlogits = p - onehot(w(t)):
 *
 *     dU = g h^T,  dc = g,  dh = U^T g,  da = dh * (1 - h^2),  dW = da x^T,  db = da,  dx = W^T da,  dE[w] += its part of dx
 *
 * and Adam (Kingma and Ba, 2015) makes the step. A step over m positions costs about 6 m (n d hidden + hidden vocabulary)
 * floating-point operations; the loops below do about one a nanosecond on one core. It is small, but it is a real model:
 * gradients are checked against finite differences, and it learns.
 */
import type { Batch } from "millrace";

/** Sizes and settings of a {@link NeuralNgram}. */
export interface ModelOptions {
  /** Number of token ids. */
  readonly vocabulary: number;
  /** Tokens the model looks back, `n` above. */
  readonly context: number;
  /** Numbers in an embedding, `d` above. */
  readonly embedding: number;
  /** Units of the hidden layer. */
  readonly hidden: number;
  /** Step size of Adam. */
  readonly learningRate: number;
  /** Decides the first parameters: equal seeds give equal runs, bit for bit. */
  readonly seed: number;
}

/** Positions to predict: `contexts` holds `n` ids for each of the `targets`. */
export interface Positions {
  readonly contexts: Int32Array;
  readonly targets: Int32Array;
}

/** The label that marks a position that is not to be learned: padding. */
const IGNORED = -100;

/**
 * Every position of a batch that has a label and something before it: the target is `labels[row, t]`, the context are the
 * `n` ids before `t` in the same row. Where the row does not reach back that far, the context is filled with `start`.
 */
export function positionsOf(batch: Batch, n: number, start: number): Positions {
  const { width, input_ids, attention_mask, labels } = batch;
  const rows = labels.length / width;
  const contexts: number[] = [];
  const targets: number[] = [];
  for (let row = 0; row < rows; row++) {
    const first = row * width;
    for (let t = 1; t < width; t++) {
      const label = labels[first + t] as number;
      if (label === IGNORED || attention_mask[first + t] === 0) continue;
      targets.push(label);
      for (let k = t - n; k < t; k++) contexts.push(k < 0 ? start : (input_ids[first + k] as number));
    }
  }
  return { contexts: Int32Array.from(contexts), targets: Int32Array.from(targets) };
}

/** The model: its parameters, their gradients, and Adam's two running means, each one flat array. */
export class NeuralNgram {
  readonly options: ModelOptions;
  readonly parameters: Float64Array;
  readonly gradients: Float64Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  #steps = 0;

  constructor(options: ModelOptions) {
    this.options = options;
    const { vocabulary, context, embedding, hidden } = options;
    const sizes = [vocabulary * embedding, hidden * context * embedding, hidden, vocabulary * hidden, vocabulary];
    const total = sizes.reduce((a, b) => a + b);
    this.parameters = new Float64Array(total);
    this.gradients = new Float64Array(total);
    this.#first = new Float64Array(total);
    this.#second = new Float64Array(total);
    const { E, W, U } = this.#views(this.parameters);
    const random = generator(options.seed);
    const fill = (array: Float64Array, scale: number): void => {
      for (let i = 0; i < array.length; i++) array[i] = (2 * random() - 1) * scale;
    };
    // Scales that keep the sums of each layer near 1 (Glorot and Bengio, 2010); U near 0 makes the first guess uniform.
    fill(E, 0.5);
    fill(W, Math.sqrt(3 / (context * embedding)));
    fill(U, 0.01);
  }

  /** Mean loss in nats a token; nothing is learned. */
  loss(positions: Positions): number {
    return this.#pass(positions, false);
  }

  /** Mean loss, with its gradients left in `gradients`. */
  backward(positions: Positions): number {
    this.gradients.fill(0);
    return this.#pass(positions, true);
  }

  /** One step of Adam on the mean loss of these positions; returns that loss, as it was before the step. */
  step(positions: Positions): number {
    const loss = this.backward(positions);
    this.#steps++;
    const { learningRate } = this.options;
    const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
    // The running means begin at zero; these factors take that bias out.
    const rate = (learningRate * Math.sqrt(1 - beta2 ** this.#steps)) / (1 - beta1 ** this.#steps);
    const [w, g, m, v] = [this.parameters, this.gradients, this.#first, this.#second];
    for (let i = 0; i < w.length; i++) {
      const gradient = g[i] as number;
      const mean = beta1 * (m[i] as number) + (1 - beta1) * gradient;
      const square = beta2 * (v[i] as number) + (1 - beta2) * gradient * gradient;
      m[i] = mean;
      v[i] = square;
      w[i] = (w[i] as number) - (rate * mean) / (Math.sqrt(square) + epsilon);
    }
    return loss;
  }

  /** The layers as views of one flat array. */
  #views(flat: Float64Array): Layers {
    const { vocabulary, context, embedding, hidden } = this.options;
    let at = 0;
    const take = (size: number): Float64Array => {
      at += size;
      return flat.subarray(at - size, at);
    };
    return {
      E: take(vocabulary * embedding),
      W: take(hidden * context * embedding),
      b: take(hidden),
      U: take(vocabulary * hidden),
      c: take(vocabulary),
    };
  }

  /** Forward over all positions and, when `learn`, backward. */
  #pass({ contexts, targets }: Positions, learn: boolean): number {
    const { vocabulary, context: n, embedding: d, hidden } = this.options;
    const { E, W, b, U, c } = this.#views(this.parameters);
    const grad = this.#views(this.gradients);
    const [x, dx] = [new Float64Array(n * d), new Float64Array(n * d)];
    const [h, dh] = [new Float64Array(hidden), new Float64Array(hidden)];
    const p = new Float64Array(vocabulary);
    const share = 1 / targets.length;
    let total = 0;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i] as number;
      for (let k = 0; k < n; k++) {
        const from = (contexts[i * n + k] as number) * d;
        for (let j = 0; j < d; j++) x[k * d + j] = E[from + j] as number;
      }
      linear(h, W, x, b);
      for (let j = 0; j < hidden; j++) h[j] = Math.tanh(h[j] as number);
      linear(p, U, h, c);
      softmax(p);
      total -= Math.log(p[target] as number);
      if (!learn) continue;

      p[target] = (p[target] as number) - 1;
      for (let v = 0; v < vocabulary; v++) p[v] = (p[v] as number) * share; // now the slopes of the loss
      linearBackward(p, U, h, grad.U, grad.c, dh);
      for (let j = 0; j < hidden; j++) dh[j] = (dh[j] as number) * (1 - (h[j] as number) * (h[j] as number));
      linearBackward(dh, W, x, grad.W, grad.b, dx);
      for (let k = 0; k < n; k++) {
        const to = (contexts[i * n + k] as number) * d;
        for (let j = 0; j < d; j++) grad.E[to + j] = (grad.E[to + j] as number) + (dx[k * d + j] as number);
      }
    }
    return total * share;
  }
}

interface Layers {
  readonly E: Float64Array;
  readonly W: Float64Array;
  readonly b: Float64Array;
  readonly U: Float64Array;
  readonly c: Float64Array;
}

/** `out = matrix x + bias`; the matrix has a row for each output. */
function linear(out: Float64Array, matrix: Float64Array, x: Float64Array, bias: Float64Array): void {
  const length = x.length;
  const even = length - (length % 4);
  for (let row = 0; row < out.length; row++) {
    const at = row * length;
    // Four sums at a time, because one would wait for itself.
    let s0 = bias[row] as number;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = 0; i < even; i += 4) {
      s0 += (matrix[at + i] as number) * (x[i] as number);
      s1 += (matrix[at + i + 1] as number) * (x[i + 1] as number);
      s2 += (matrix[at + i + 2] as number) * (x[i + 2] as number);
      s3 += (matrix[at + i + 3] as number) * (x[i + 3] as number);
    }
    for (let i = even; i < length; i++) s0 += (matrix[at + i] as number) * (x[i] as number);
    out[row] = s0 + s1 + (s2 + s3);
  }
}

/** Backward through `linear`: adds `slopes x^T` and `slopes` to the gradients, and sets `dx = matrix^T slopes`. */
function linearBackward(
  slopes: Float64Array,
  matrix: Float64Array,
  x: Float64Array,
  dMatrix: Float64Array,
  dBias: Float64Array,
  dx: Float64Array,
): void {
  const length = x.length;
  dx.fill(0);
  for (let row = 0; row < slopes.length; row++) {
    const at = row * length;
    const slope = slopes[row] as number;
    dBias[row] = (dBias[row] as number) + slope;
    // One walk over a row of the matrix gives both gradients.
    for (let i = 0; i < length; i++) {
      dMatrix[at + i] = (dMatrix[at + i] as number) + slope * (x[i] as number);
      dx[i] = (dx[i] as number) + slope * (matrix[at + i] as number);
    }
  }
}

/** Logits to probabilities, in place. The largest logit is taken out first, so that nothing overflows. */
function softmax(values: Float64Array): void {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) top = Math.max(top, values[i] as number);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const e = Math.exp((values[i] as number) - top);
    values[i] = e;
    sum += e;
  }
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) / sum;
}

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
