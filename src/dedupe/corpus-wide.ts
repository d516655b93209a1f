/**
 * `dedupe` over a corpus that is spread over workers: documents become fingerprints (observe), fingerprints verdicts
 * (cluster/decide.ts), and the documents go through once more (apply). See core/corpus-wide.ts for the law.
 */
import {
  type CorpusWide,
  type DecideContext,
  type Doc,
  type ExclusionDetail,
  type Fingerprints,
  PipelineError,
  type StageContext,
} from "../core/index.ts";
import { decide } from "./cluster/decide.ts";
import { encodeHeader, encodeRecord, FAILED_RECORD, type FingerprintHeader, FingerprintParser } from "./cluster/format.ts";
import { STATUS, type Verdict, VerdictReader } from "./cluster/verdicts.ts";
import { documentName, parseName } from "./document-name.ts";
import { estimateOf } from "./estimate.ts";
import { type Fingerprinter, headerOf, priorityOf, sharedFingerprinter } from "./fingerprinter.ts";
import { type DuplicateGroup, groupOf } from "./groups.ts";
import type { Policy } from "./policy.ts";
import { type BaseMark, type MarkedHeader, markOf, openMarked } from "./saved/base.ts";
import { checkSavable, IndexWriter, type SavedIndex } from "./saved/index-file.ts";
import { eachFingerprint, eachRecord, recordAt } from "./saved/records.ts";

/** Bytes of fingerprints handed on at once. */
const OBSERVED_BYTES = 1 << 16;

/** `base`: the indexes as an earlier part of the same run found them; by default as they are when a split is observed. */
export function corpusWide<T extends Doc>(policy: Policy<T>, base?: BaseMark): CorpusWide<T, T> {
  return {
    observe: (input, context) => observe(policy, input, context, base),
    decide: (splits, context) => decideOver(policy, splits, context),
    apply: (input, verdicts, context) => apply(policy, input, verdicts, context),
  };
}

async function* observe<T extends Doc>(
  policy: Policy<T>,
  input: AsyncIterable<T>,
  context: StageContext,
  base: BaseMark | undefined,
): AsyncGenerator<Uint8Array, void> {
  if (policy.save !== undefined) await checkSavable(policy.save);
  const mark = base ?? (await markOf(policy.against, policy.save));
  const header: MarkedHeader = {
    ...headerOf(policy, policy.groups || context.keepsExclusions),
    ...(mark === undefined ? {} : { against: mark }),
  };
  const fingerprinter = await sharedFingerprinter(policy, context);
  let pending: Uint8Array[] = [encodeHeader(header)];
  let size = 0;
  for await (const doc of input) {
    const record = fingerprint(policy, doc, fingerprinter, header, context);
    if (fingerprinter.short) context.count("shorter than a shingle");
    pending.push(record);
    size += record.length;
    if (size < OBSERVED_BYTES) continue;
    yield Buffer.concat(pending);
    [pending, size] = [[], 0];
  }
  if (pending.length > 0) yield Buffer.concat(pending);
}

function fingerprint<T extends Doc>(
  policy: Policy<T>,
  doc: T,
  fingerprinter: Fingerprinter,
  header: FingerprintHeader,
  context: StageContext,
): Uint8Array {
  fingerprinter.read(doc.text);
  let priority = 0;
  try {
    priority = priorityOf(policy, doc);
  } catch (error) {
    // A score that fails is reported when the document is applied; only a run that ends with it ends here.
    if (context.onError === "throw") context.fail(error, { record: doc });
    return FAILED_RECORD;
  }
  const signature = fingerprinter.sketch() ? fingerprinter.signature : undefined;
  const name = header.names ? documentName(doc) : "";
  return encodeRecord(header, { key: fingerprinter.key, signature, priority, name });
}

async function* decideOver<T extends Doc>(
  policy: Policy<T>,
  splits: readonly Fingerprints[],
  context: DecideContext,
): AsyncGenerator<Uint8Array, void> {
  const first = splits[0];
  if (first === undefined) return;
  const { match, threshold, giant, groups, against, save } = policy;
  const begun = await headerIn(first, 0);
  const header = headerOf(policy, begun.names);
  if (begun.against !== undefined) await checkMarks(splits, begun.against);
  const indexes = await openMarked(against, save, begun.against, header);
  const sizes = groups && match === "components";
  const verdicts = decide([...indexes, ...splits], { header, match, threshold, giant, sizes, indexes: indexes.length }, context);
  if (save === undefined) yield* verdicts;
  else yield* saving(save, { ...header, priority: false, index: true }, indexes, splits, verdicts, context);
}

/**
 * Passes verdicts on, and saves an index of the documents that stay; it appears when the last verdicts were taken, or with the success of
 * the run that decides.
 */
async function* saving(
  path: string,
  header: FingerprintHeader,
  indexes: readonly SavedIndex[],
  splits: readonly Fingerprints[],
  all: AsyncIterable<Uint8Array>,
  { whenDone }: DecideContext,
): AsyncGenerator<Uint8Array, void> {
  const writer = await IndexWriter.create(path, header);
  let handedOver = false;
  try {
    for (const index of indexes) await eachRecord(index.path, index, (record) => writer.add(record));
    let split = 0;
    for await (const verdicts of all) {
      const reader = new VerdictReader(verdicts);
      await eachFingerprint(`the fingerprints of split ${split}`, splits[split] as Fingerprints, (parser) => {
        const status = reader.next()?.status;
        return status === STATUS.kept || status === STATUS.head ? writer.add(recordAt(parser)) : undefined;
      });
      split++;
      yield verdicts;
    }
    await writer.finish();
    if (whenDone === undefined) await writer.commit();
    else {
      handedOver = true;
      whenDone(writer);
    }
  } finally {
    if (!handedOver) await writer.abort();
  }
}

/** Splits may be observed hours apart: all must have found the same indexes. */
async function checkMarks(splits: readonly Fingerprints[], { digest }: BaseMark): Promise<void> {
  for (const [number, split] of splits.entries()) {
    if ((await headerIn(split, number)).against?.digest === digest) continue;
    const message = `the indexes to compare with have changed between split 0 and split ${number}; begin anew with those there are now`;
    throw new PipelineError({ kind: "changed", message });
  }
}

async function headerIn(split: Fingerprints, number: number): Promise<MarkedHeader> {
  const what = `the fingerprints of split ${number}`;
  const parser = new FingerprintParser(what);
  for await (const chunk of split.read()) {
    parser.feed(chunk);
    const header = parser.readHeader();
    if (header !== undefined) return header;
    parser.retain();
  }
  parser.end();
  throw new PipelineError({ kind: "truncated", message: `${what} have no header` });
}

/** `skip`: so many documents of the split were done with before. */
export async function* apply<T extends Doc>(
  policy: Policy<T>,
  input: AsyncIterable<T>,
  verdicts: Uint8Array,
  context: StageContext,
  skip = 0,
): AsyncGenerator<T, void> {
  const reader = new VerdictReader(verdicts);
  for (let i = 0; i < skip; i++) reader.next();
  for await (const doc of input) {
    const verdict = reader.next();
    if (verdict === undefined) throw foreign(context, `there are more than the ${reader.documents} documents that were observed`);
    const out = passOn(policy, doc, verdict, context);
    if (out !== undefined) yield out;
  }
  if (reader.next() !== undefined) throw foreign(context, `there are fewer than the ${reader.documents} documents that were observed`);
}

function passOn<T extends Doc>(policy: Policy<T>, doc: T, verdict: Verdict, context: StageContext): T | undefined {
  const { status } = verdict;
  if (status === STATUS.failed) {
    try {
      priorityOf(policy, doc);
    } catch (error) {
      context.fail(error, { record: doc });
      return undefined;
    }
    throw foreign(context, "a score that failed when it was observed does not fail now");
  }
  const copy = status === STATUS.exact ? "exact" : status === STATUS.near ? "near" : undefined;
  const detail = copy === undefined ? undefined : detailOf(policy, verdict);
  if (policy.groups) {
    const size = policy.match === "components" ? (verdict.size ?? 1) : undefined;
    return { ...doc, group: groupOf(doc, copy, detail, size) } satisfies T & { readonly group: DuplicateGroup };
  }
  if (copy === undefined) return doc;
  context.drop(doc, `${copy}-duplicate`, detail);
  return undefined;
}

/** As the streaming pass says it (see kept-names.ts). */
function detailOf<T extends Doc>({ parameters }: Policy<T>, { name, equal }: Verdict): ExclusionDetail | undefined {
  if (name === "") return undefined;
  const { id, origin } = parseName(name);
  const whose = { of: id, origin: { ...origin } };
  return equal === undefined ? whose : { ...whose, similarity: estimateOf(equal, parameters.bands * parameters.rows) };
}

function foreign(context: StageContext, what: string): PipelineError {
  const message = `the verdicts were made for other documents than those they are applied to: ${what}; observe and decide again`;
  return new PipelineError({ kind: "changed", stage: context.stage, message });
}
