import { isUtf8 } from "node:buffer";
import type { FieldNames } from "../../src/read/fields.ts";
import { jsonLine, jsonLines } from "../read/json-lines.ts";
import { byJsonParse, byKernel, NAMES, report } from "../read/line-backends.ts";
import type { Family, Subject } from "./subject.ts";

/** Lines of JSON, as a string with a unit for each byte: what the kernel and the parser around it make of them, against `JSON.parse`. */
export function jsonSubject(): Subject {
  const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");
  // The same names for the same bytes, so that a mismatch can be made shorter.
  const namesOf = (bytes: Buffer): FieldNames => NAMES[bytes.length % 3 === 0 ? bytes.length % NAMES.length : 0] as FieldNames;
  const encoder = (name: string, encode: (bytes: Buffer, names: FieldNames) => string | undefined) => ({
    name,
    encode: (text: string) => {
      const bytes = bytesOf(text);
      const said = encode(bytes, namesOf(bytes));
      return said === undefined ? undefined : { ids: [], text: said };
    },
  });
  return {
    name: "json",
    reference: "JSON.parse",
    expected: (text) => ({ ids: [], text: report(bytesOf(text), namesOf(bytesOf(text)), "plain") }),
    encoders: [
      encoder("parser", (bytes, names) => report(bytes, names, "auto")),
      encoder("parser on pieces", (bytes, names) => report(bytes, names, "auto", 1 + (bytes.length % 40))),
      // Counted only where the kernel takes the line; a difference is said by a text that no other side can have.
      encoder("kernel", (bytes, names) => {
        if (bytes.includes(10) || bytes.length === 0 || !isUtf8(bytes)) return undefined;
        const got = byKernel(bytes, names);
        if (got === undefined) return undefined;
        const wanted = byJsonParse(bytes, names);
        return got === wanted ? report(bytes, names, "plain") : `kernel: ${got}\n  JSON.parse: ${wanted}`;
      }),
    ],
    generate: (dice) => (dice.chance(0.6) ? jsonLine(dice) : jsonLines(dice, 5)).toString("latin1"),
  };
}

export const jsonFamily: Family = { name: "json", subjects: new Map([["json", jsonSubject]]) };
