import type { Doc } from "../../src/core/index.ts";

/** What the child process writes, for the parent to compare with. */
export function childDocs(count: number): Doc[] {
  return Array.from({ length: count }, (_, i) => {
    const text = `Ünïcode 水車 ${i} `.repeat((i * 61) % 300);
    return { id: `c${i}`, text, meta: { i }, origin: { source: "c.jsonl", record: i, offset: i * 10 } };
  });
}

export const SHARD = { maxRecords: 20 } as const;
