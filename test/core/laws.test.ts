import { type Doc, filter, flatMap, map, stage } from "../../src/core/index.ts";
import { stageLaws } from "../laws/laws.ts";

const docs = (): Doc[] =>
  Array.from({ length: 24 }, (_, i) => ({ id: `d${i}`, text: `text ${i}`, meta: {}, origin: { source: "s", record: i, offset: i * 8 } }));

stageLaws<Doc, Doc>({ name: "filter", make: () => filter((doc) => doc.origin.record % 3 !== 1), input: docs });
stageLaws<Doc, Doc>({ name: "map", make: () => map((doc) => ({ ...doc, text: doc.text.toUpperCase() })), input: docs });
stageLaws<Doc, Doc>({
  name: "map with concurrency",
  make: () => map(async (doc) => ({ ...doc, text: `${doc.text}!` }), { concurrency: 4 }),
  input: docs,
});
stageLaws<Doc, { doc: Doc; n: number }>({
  name: "flatMap",
  make: () => flatMap((doc) => Array.from({ length: doc.origin.record % 4 }, (_, n) => ({ doc, n }))),
  input: docs,
  inputsOf: ({ n }) => (n === 0 ? 1 : 0),
});
stageLaws<Doc, number>({
  name: "stage with a checkpoint of its own",
  make: () =>
    stage("sum", async function* (input, context) {
      let total = context.restored<number>() ?? 0;
      context.checkpoint(() => total);
      for await (const doc of input) {
        total += doc.origin.record + context.random();
        yield total;
      }
    }),
  input: docs,
});
