/** The records of a saved index, one at a time. */
import type { Fingerprints } from "../../core/index.ts";
import { type Fingerprint, FingerprintParser, KIND } from "../cluster/format.ts";
import { KEY_BYTES } from "../exact.ts";

/** Calls `visit` with every document, in the order in which they were added. Arrays are valid during the call. */
export function eachRecord(
  what: string,
  fingerprints: Fingerprints,
  visit: (record: Fingerprint) => Promise<void> | undefined,
  from = 0,
): Promise<void> {
  return eachFingerprint(what, fingerprints, (parser) => (parser.count > from ? visit(recordAt(parser)) : undefined));
}

/** The same with the parser, which stands at a record that may be of kind "failed". */
export async function eachFingerprint(
  what: string,
  fingerprints: Fingerprints,
  visit: (parser: FingerprintParser) => Promise<void> | undefined,
): Promise<void> {
  const parser = new FingerprintParser(what);
  for await (const chunk of fingerprints.read()) {
    parser.feed(chunk);
    while (parser.next()) {
      const writing = visit(parser);
      if (writing !== undefined) await writing;
    }
    parser.retain();
  }
  parser.end();
}

/** The record the parser stands at. */
export function recordAt(parser: FingerprintParser): Fingerprint {
  const { bytes, keyAt, signatureAt, nameAt, nameLength, kind, header } = parser;
  const { bands = 0, rows = 0 } = header?.parameters ?? {};
  return {
    key: bytes.subarray(keyAt, keyAt + KEY_BYTES),
    signature: kind === KIND.signed ? bytes.subarray(signatureAt, signatureAt + bands * rows) : undefined,
    priority: 0,
    name: bytes.toString("utf8", nameAt, nameAt + nameLength),
  };
}
