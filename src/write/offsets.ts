/**
 * Byte offsets of the samples of one shard, in the layout of Megatron Energon's `.tar.idx` and `.jsonl.idx`: an array of
 * little-endian u64, one per sample (where its first header or its line begins), plus one that says where the last sample
 * ends. A reader then reaches sample i without reading what lies before it. Memory: 8 bytes per sample.
 */
export class Offsets {
  #values = new Float64Array(1024); // exact up to 2^53
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(offset: number): void {
    if (this.#length === this.#values.length) {
      const wider = new Float64Array(this.#length * 2);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.#length++] = offset;
  }

  /** The bytes of the index file; `end` is where the last sample ends. */
  toBytes(end: number): Uint8Array {
    const bytes = new Uint8Array((this.#length + 1) * 8);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i <= this.#length; i++) {
      const offset = i === this.#length ? end : (this.#values[i] as number);
      view.setUint32(i * 8, offset % 0x1_0000_0000, true);
      view.setUint32(i * 8 + 4, Math.floor(offset / 0x1_0000_0000), true);
    }
    return bytes;
  }
}
