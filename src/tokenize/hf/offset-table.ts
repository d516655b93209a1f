/** What offsets count. */
export type OffsetUnit = "utf16" | "codePoint";

/** Places in a text counted in UTF-16 units and in code points; built only where the two differ. */
export class OffsetTable {
  readonly #points: Uint32Array | undefined;
  readonly #units: Uint32Array | undefined;

  constructor(text: string) {
    if (!/[\ud800-\udfff]/.test(text)) return;
    this.#points = new Uint32Array(text.length + 1);
    this.#units = new Uint32Array(text.length + 1);
    let count = 0;
    for (let at = 0; at < text.length; count++) {
      const next = at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
      this.#units[count] = at;
      this.#points.fill(count, at, next);
      at = next;
    }
    this.#units[count] = text.length;
    this.#points[text.length] = count;
  }

  toCodePoints(unit: number): number {
    return this.#points?.[unit] ?? unit;
  }

  fromCodePoints(point: number, unit: OffsetUnit): number {
    return unit === "codePoint" ? point : (this.#units?.[point] ?? point);
  }
}
