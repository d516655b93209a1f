import { describe, expect, it } from "vitest";
import { type Doc, type Excluded, from, type PipelineState, type Sink } from "../../src/core/index.ts";
import { type DedupeOptions, dedupe } from "../../src/dedupe/index.ts";
import { KeptNames } from "../../src/dedupe/kept-names.ts";
import { docsOf, generatedCorpus, generator, randomWords } from "./corpus.ts";

function memory(): Sink<Excluded> & { readonly records: Excluded[] } {
  const records: Excluded[] = [];
  return {
    name: "memory",
    records,
    async write(input): Promise<void> {
      for await (const record of input) records.push(record);
    },
  };
}

/** Documents from two files, short ones between long ones, so that numbers in the two indexes differ. */
function corpus(): Doc[] {
  const texts = generatedCorpus().flatMap((text, i) => (i % 3 === 0 ? [`short ${i % 12}`, text] : [text]));
  return docsOf(texts).map((doc, i) => ({ ...doc, id: `document-${i}`, origin: { source: `file-${i % 2}`, record: i, offset: 1000 * i } }));
}

async function exclusions(options?: DedupeOptions): Promise<readonly Excluded[]> {
  const gone = memory();
  for await (const _ of from(corpus()).pipe(dedupe(options)).with({ exclusions: gone }));
  return gone.records;
}

describe("a removal", () => {
  it("names the document that was kept, and how similar it is", async () => {
    const words = randomWords(generator(3), 200);
    const docs = docsOf([
      "too short",
      words.join(" "),
      "two words",
      words.with(100, "different").join(" "),
      "Too short!",
      words.join("  "),
    ]);
    const gone = memory();
    for await (const _ of from(docs).pipe(dedupe()).with({ exclusions: gone }));
    expect(gone.records.map(({ id, reason, detail }) => ({ id, reason, detail }))).toEqual([
      {
        id: "3",
        reason: "near-duplicate",
        detail: { of: "1", origin: { source: "generated", record: 1, offset: 1 }, similarity: expect.closeTo(0.95, 0) },
      },
      // "Too short!" is another short text than "too short": signs count there.
      { id: "5", reason: "exact-duplicate", detail: { of: "1", origin: { source: "generated", record: 1, offset: 1 } } },
    ]);
    expect(gone.records[0]?.detail?.["similarity"]).toBeGreaterThanOrEqual(0.7);
  });

  it.each<DedupeOptions>([{}, { duplicates: "exact" }, { threshold: 0.5, bands: 25, rows: 5 }])("names a kept one: %o", async (options) => {
    const docs = corpus();
    const kept: Doc[] = [];
    const gone = memory();
    for await (const doc of from(docs).pipe(dedupe(options)).with({ exclusions: gone })) kept.push(doc);
    expect(gone.records.length).toBeGreaterThan(50);
    for (const { id, detail } of gone.records) {
      const of = kept.find((doc) => doc.id === detail?.["of"]);
      expect(of?.origin).toMatchObject(detail?.["origin"] as object);
      // The one that stays came first.
      expect(of?.origin.record).toBeLessThan(Number(id.split("-")[1]));
    }
  });

  it("says the same after a checkpoint at any place", async () => {
    const whole = (await exclusions()).map(({ id, detail }) => ({ id, detail }));
    const docs = corpus();
    for (const items of [0, 1, 31, 64, 65, 150]) {
      const first = memory();
      const pass = from(docs).pipe(dedupe()).run({ exclusions: first });
      for (let i = 0; i < items; i++) await pass.next();
      const state = JSON.parse(JSON.stringify(pass.state())) as PipelineState;
      await pass.return();
      const rest = memory();
      for await (const _ of from(docs).pipe(dedupe()).restore(state).with({ exclusions: rest }));
      expect([...first.records, ...rest.records].map(({ id, detail }) => ({ id, detail }))).toEqual(whole);
    }
  });

  it("of a document kept while nobody asked has no name; later ones have", async () => {
    const docs = corpus();
    const pass = from(docs).pipe(dedupe()).run();
    for (let i = 0; i < 50; i++) await pass.next();
    const state = JSON.parse(JSON.stringify(pass.state())) as PipelineState;
    await pass.return();
    expect(JSON.stringify(state)).not.toContain("document-"); // names are not kept for nothing
    const rest = memory();
    for await (const _ of from(docs).pipe(dedupe()).restore(state).with({ exclusions: rest }));
    const whole = new Map((await exclusions()).map((record) => [record.id, record.detail]));
    const unknown = rest.records.filter(({ detail }) => detail?.["of"] === undefined);
    expect(unknown.length).toBeGreaterThan(10);
    expect(rest.records.length - unknown.length).toBeGreaterThan(3);
    for (const { id, detail } of rest.records) {
      if (detail?.["of"] === undefined)
        expect(detail).toEqual("similarity" in (whole.get(id) ?? {}) ? { similarity: whole.get(id)?.["similarity"] } : {});
      else expect(detail).toEqual(whole.get(id));
    }
  });
});

describe("KeptNames", () => {
  it("finds every name again, over pages, with ids of any letters", () => {
    const names = new KeptNames();
    const docs = docsOf(Array.from({ length: 200 }, () => "")).map((doc, i) => ({ ...doc, id: i % 7 === 0 ? `"東京" ${i}\n` : `d${i}` }));
    for (const [i, doc] of docs.entries()) names.add(doc, i % 2 === 1);
    const copy = new KeptNames();
    copy.load(names.save(), 200, 100);
    for (const kept of [names, copy]) {
      for (const [i, doc] of docs.entries()) expect(kept.of(i)).toEqual({ of: doc.id, origin: doc.origin });
      for (let i = 0; i < 100; i++) expect(kept.ofSignature(i)).toEqual(kept.of(2 * i + 1));
      expect(kept.of(200)).toEqual({});
      expect(kept.ofSignature(100)).toEqual({});
    }
  });
});
