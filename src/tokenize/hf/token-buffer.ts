/**
 * Where models put their tokens: a growing array of ids, reused from text to text, and on request the byte range of each token in
 * the piece it came from.
 */
export class TokenBuffer {
  ids: Uint32Array = new Uint32Array(1024);
  count = 0;
  /** Whether ranges are wanted: first and last byte of each token in the UTF-8 form of its piece. */
  readonly ranged: boolean;
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  /** The token as text where it is not the one of its id: an unknown token keeps the text it stands for. */
  readonly values: (string | undefined)[] = [];

  constructor(ranged: boolean) {
    this.ranged = ranged;
  }

  push(id: number): void {
    if (this.count === this.ids.length) this.reserve(1);
    this.ids[this.count++] = id;
  }

  append(ids: Uint32Array): void {
    this.reserve(ids.length);
    this.ids.set(ids, this.count);
    this.count += ids.length;
  }

  pushRanged(id: number, start: number, end: number, value?: string): void {
    this.push(id);
    if (!this.ranged) return;
    this.starts.push(start);
    this.ends.push(end);
    this.values.push(value);
  }

  /** Makes room for more ids. */
  reserve(more: number): void {
    if (this.count + more <= this.ids.length) return;
    const grown = new Uint32Array(Math.max(2 * this.ids.length, this.count + more));
    grown.set(this.ids);
    this.ids = grown;
  }

  /** Makes it empty, and gives back the memory of an exceptionally long text. */
  clear(): void {
    this.count = 0;
    this.starts.length = 0;
    this.ends.length = 0;
    this.values.length = 0;
    if (this.ids.length > 1 << 20) this.ids = new Uint32Array(1024);
  }

  /** A copy of the ids that the caller owns. */
  take(): Uint32Array {
    return this.ids.slice(0, this.count);
  }
}

/** The number of bytes of a part of a well-formed text in UTF-8. */
export function utf8Length(text: string, start: number, end: number): number {
  let bytes = 0;
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}
