/** The lines' kernel against `JSON.parse`: documents, their order of fields, their bytes, errors and cursors, as text that shows every difference. */
import { recordBytes } from "../../src/core/index.ts";
import { LineKernel } from "../../src/kernels/json/index.ts";
import { docOf, documentOf, type FieldNames } from "../../src/read/fields.ts";
import { JsonlParser } from "../../src/read/jsonl.ts";
import { parse } from "./fixtures.ts";

/** What a reader is told to look for: the usual names, and others that change what is usual. */
export const NAMES: readonly FieldNames[] = [
  { text: "text", id: "id" },
  { text: "text", id: false },
  { text: "n.text", id: "a.b" },
  { text: "texts", id: "0" },
  { text: "text", id: "a.b.c" },
  { text: "中", id: "téxt" },
  { text: "__proto__", id: "constructor" },
];

/** All that came of the bytes, cut in pieces of `piece` bytes. */
export function report(bytes: Buffer, names: FieldNames, backend: "auto" | "plain", piece = bytes.length): string {
  const cuts = Array.from({ length: Math.floor(bytes.length / Math.max(1, piece)) }, (_, i) => i * piece);
  const measured: number[] = [];
  const make = (input: ConstructorParameters<typeof JsonlParser>[0]) => {
    const parser = new JsonlParser(input, names, backend);
    return {
      get record() {
        return parser.record;
      },
      get offset() {
        return parser.offset;
      },
      push: (chunk: Buffer) => parser.push(chunk),
      end: () => parser.end(),
      next: () => {
        const doc = parser.next();
        // As the engine does it, before the next record comes.
        if (doc !== undefined) measured.push(backend === "plain" ? Buffer.byteLength(doc.text) : recordBytes(doc));
        return doc;
      },
    };
  };
  const { records, errors, cursors } = parse(make, bytes, cuts, { maxBytes: 1 << 16 });
  return exact({ records, errors: errors.map((error) => `${error.kind}: ${String(error)}`), cursors, measured });
}

/** What the kernel makes of one line; undefined when it refuses it. */
export function byKernel(line: Buffer, { text, id }: FieldNames): string | undefined {
  const kernel = LineKernel.shared();
  if (kernel === undefined || text === false || !LineKernel.takes(text, id || "")) return undefined;
  kernel.claim(line, text, id || "");
  kernel.load(line, 0, line.length, line.length);
  if (!kernel.read(0, line.length)) return undefined;
  const { text: found, textBytes } = kernel;
  return said(() => ({ ...documentOf(found, kernel.id, kernel.meta, { text, id }, ORIGIN), textBytes }));
}

/** The same by `JSON.parse`. */
export function byJsonParse(line: Buffer, names: FieldNames): string {
  return said(() => {
    const doc = docOf(JSON.parse(line.toString("utf8")), names, ORIGIN);
    return { ...doc, textBytes: Buffer.byteLength(doc.text) };
  });
}

const ORIGIN = { source: "s", record: 0, offset: 0 };

function said(make: () => unknown): string {
  try {
    return exact(make());
  } catch (error) {
    return String(error);
  }
}

/** As JSON, which shows order, lone surrogates and keys of every name, and with numbers as they are. */
function exact(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === "number" ? `number ${Object.is(item, -0) ? "-0" : String(item)}` : item,
  );
}
