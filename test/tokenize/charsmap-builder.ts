/**
 * Makes a `precompiled_charsmap` from rules, so that tests need no file of SentencePiece: a double array built the slow way, by
 * trying one offset after the other.
 */
export function buildCharsmap(rules: readonly (readonly [from: string, to: string])[]): Uint8Array {
  const texts: number[] = [];
  const root: Node = { children: new Map() };
  for (const [from, to] of rules) {
    let node = root;
    for (const byte of Buffer.from(from)) {
      const child = node.children.get(byte) ?? { children: new Map() };
      node.children.set(byte, child);
      node = child;
    }
    node.value = texts.length;
    texts.push(...Buffer.from(to), 0);
  }
  const units = new Uint32Array(1 << 16);
  const taken = new Set([0]);
  const bases = new Set([0]);
  place(root, 0, 0, units, taken, bases);
  // Look-ups may end at any unit of a block of 256.
  const used = units.subarray(0, (Math.max(...taken) | 255) + 1);
  // What is not in use gets a label that no edge to it has.
  for (let i = 0; i < used.length; i++) {
    if (taken.has(i)) continue;
    let label = 0;
    while (bases.has(i ^ label)) label++;
    used[i] = label;
  }
  const out = new Uint8Array(4 + 4 * used.length + texts.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, 4 * used.length, true);
  for (const [i, unit] of used.entries()) view.setUint32(4 + 4 * i, unit, true);
  out.set(texts, 4 + 4 * used.length);
  return out;
}

interface Node {
  readonly children: Map<number, Node>;
  value?: number;
}

/**
 * Writes a node at `index`: its unit says where its children are, `base ^ byte`, and its value lies at `base`. No two nodes share a
 * base, since an edge is known by its byte alone.
 */
function place(node: Node, index: number, label: number, units: Uint32Array, taken: Set<number>, bases: Set<number>): void {
  const hasValue = node.value !== undefined;
  const labels = [...node.children.keys()];
  let base = 1;
  while (bases.has(base) || (hasValue && taken.has(base)) || labels.some((byte) => taken.has(base ^ byte))) base++;
  bases.add(base);
  units[index] = ((index ^ base) << 10) | (hasValue ? 1 << 8 : 0) | label;
  if (hasValue) {
    units[base] = (0x80000000 | (node.value ?? 0)) >>> 0;
    taken.add(base);
  }
  for (const byte of labels) taken.add(base ^ byte);
  for (const [byte, child] of node.children) place(child, base ^ byte, byte, units, taken, bases);
}
