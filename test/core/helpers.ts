import type { Doc, Sink } from "../../src/core/index.ts";

/** `count` small documents of one source. */
export function docs(count: number, source = "s"): Doc[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${source}${i}`,
    text: `text ${i}`,
    meta: {},
    origin: { source, record: i, offset: i * 8 },
  }));
}

/** A sink that keeps everything in memory. */
export function memory<T>(): Sink<T> & { readonly records: T[]; ended: "no" | "complete" | "failed" } {
  return {
    name: "memory",
    records: [],
    ended: "no",
    async write(input) {
      try {
        for await (const record of input) this.records.push(record);
        this.ended = "complete";
      } catch (error) {
        this.ended = "failed";
        throw error;
      }
      return this.records.length;
    },
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
}
