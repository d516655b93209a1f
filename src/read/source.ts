/**
 * The source behind every reader of files: it lists the inputs, takes this worker's share of them, streams each one through
 * a parser and keeps the cursor. It awaits once for each piece of input, not once for each record.
 */
import { type OnError, type Origin, PipelineError, type Source, type SourceContext } from "../core/index.ts";
import { type Entry, readEntry, storeFor } from "../store/index.ts";
import { type Cursor, printsOf, refuseChanges } from "./cursor.ts";
import { HashingStore } from "./hashing-store.ts";
import type { Parser, ParserInput } from "./parser.ts";
import { share, type Worker } from "./share.ts";
import { splitSource } from "./split-source.ts";

/** What the readers differ in. */
export interface FileSource<T> {
  readonly name: string;
  /** The resolved options, as a restore compares them. */
  readonly config: unknown;
  readonly patterns: readonly string[];
  readonly worker: Worker;
  readonly maxBytes: number;
  readonly onError: OnError | undefined;
  /** True when an input of that name is one record, so that a worker that does not own it need not open it. */
  readonly single: (name: string) => boolean;
  /** True when an input of that name holds a record a line, so that it can be cut between two lines. */
  readonly lines: (name: string) => boolean;
  /** A parser for the input, chosen by its name. Throws a `PipelineError` when there is none. */
  readonly parser: (input: ParserInput) => Parser<T>;
}

/**
 * Errors that the bytes themselves cause: every worker that shares the input meets them at the same record, whose owner
 * reports them. Other errors (gone, unreadable) may meet one worker only, so each that meets one reports it.
 */
export const OF_CONTENT: ReadonlySet<string> = new Set(["truncated", "corrupt"]);

export function fileSource<T>(source: FileSource<T>): Source<T> {
  return {
    name: source.name,
    config: source.config,
    splits: splitSource(source),
    async *run(context) {
      const plain = storeFor(source.patterns);
      // Hashing costs 0.6 ms for each MB of input, so it is done only for a manifest.
      const hashing = context.inputRead === undefined ? undefined : new HashingStore(plain);
      const store = hashing ?? plain;
      const entries = await store.list(source.patterns);
      const inputs = printsOf(entries);
      const restored = context.restored<Cursor | null>();
      if (restored != null) refuseChanges(restored, entries, inputs);
      const cursor = { ...BEGIN, file: 0, ...restored };
      context.checkpoint((): Cursor => ({ ...cursor, inputs }));

      const shares = entries.map((_, file) => share(source.worker, file, entries.length));
      context.total(entries.reduce((sum, entry, file) => (shares[file] === "none" ? sum : sum + entry.size), 0));
      const onRead = (position: number): void => {
        if (position > cursor.reported) context.read(position - cursor.reported);
        cursor.reported = Math.max(cursor.reported, position);
      };
      const report = reporter(source, context);
      for (; cursor.file < entries.length; Object.assign(cursor, BEGIN, { file: cursor.file + 1 })) {
        const entry = entries[cursor.file] as Entry;
        const part = shares[cursor.file] as ReturnType<typeof share>;
        if (part === "none" || (part !== "all" && source.single(entry.name) && !part(0))) continue;
        const mine = part === "all" ? () => true : part;
        const { record, offset } = cursor;
        hashing?.begin(0);
        // Until a parser exists, the place of an error is the one to begin at.
        let parser: Pick<Parser<T>, "record" | "offset"> = { record, offset };
        try {
          const input = { source: entry.name, record, offset, maxBytes: source.maxBytes, mine, report, count: context.count };
          const records = source.parser(input);
          parser = records;
          for await (const chunk of withEnd(readEntry(store, entry, { start: offset, signal: context.signal, onRead }))) {
            if (chunk === undefined) records.end();
            else records.push(chunk);
            for (let item = records.next(); item !== undefined; item = records.next()) {
              cursor.record = records.record;
              cursor.offset = records.offset;
              yield item;
            }
          }
        } catch (error) {
          // With an origin it is a bad record under `onError: "throw"`, reported already.
          if (!(error instanceof PipelineError) || error.origin !== undefined || context.signal.aborted) throw error;
          if (OF_CONTENT.has(error.kind) && !mine(parser.record)) continue;
          report(error, { source: entry.name, record: parser.record, offset: parser.offset });
        } finally {
          const sha256 = entry.mtime === undefined ? undefined : hashing?.digest(entry.size);
          context.inputRead?.({ source: entry.name, bytes: entry.size, sha256: sha256 ?? null });
        }
      }
    },
  };
}

/** How the records of this source that cannot be read are reported. */
export function reporter<T>(source: FileSource<T>, context: SourceContext): (error: PipelineError, origin: Origin) => void {
  const { onError } = source;
  return (error, origin) => context.fail(error, onError === undefined ? { origin } : { origin, onError });
}

/** The beginning of an input. */
const BEGIN = { record: 0, offset: 0, reported: 0 } as const;

/** The chunks, then undefined: what is done after each chunk is done once more at the end. */
export async function* withEnd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | undefined, void> {
  yield* chunks;
  yield undefined;
}
