/** The file source in a planned run: it lists and cuts its files, counts records, and reads one split. */
import { type Piece, PipelineError, type PlannedInput, type SplitSource } from "../core/index.ts";
import { type Entry, readEntry, type Store, type StreamOptions, storeFor } from "../store/index.ts";
import { HashingStore } from "./hashing-store.ts";
import type { Parser, ParserInput } from "./parser.ts";
import { type FileSource, OF_CONTENT, reporter, withEnd } from "./source.ts";
import { entryOf, plannedInputs, splitsOf, weightOf } from "./splits.ts";

export function splitSource<T>(source: FileSource<T>): SplitSource<T> {
  return {
    async plan({ bytes, signal }) {
      const store = storeFor(source.patterns);
      const entries = await store.list(source.patterns);
      const size = typeof bytes === "number" ? bytes : bytes(entries.reduce((sum, entry) => sum + weightOf(entry), 0));
      const splits = await splitsOf(store, entries, size, source.lines, signal);
      return { inputs: plannedInputs(entries), splits };
    },

    async count(input, piece, signal) {
      const store = storeFor(source.patterns);
      const nobody = (): never => {
        throw new Error("a record that nobody wants was parsed");
      };
      const { name } = input;
      // A parser that owns no record finds where each one ends and makes none of them.
      const counter = source.parser({
        source: name,
        record: 0,
        offset: piece.start,
        maxBytes: source.maxBytes,
        mine: () => false,
        report: nobody,
        count: () => {},
      });
      for await (const chunk of withEnd(pieceBytes(store, input, piece, { signal }))) {
        if (chunk === undefined) counter.end();
        else counter.push(chunk);
        counter.next();
      }
      return counter.record;
    },

    async *run({ inputs, pieces, admit, digest }, context) {
      const store = new HashingStore(storeFor(source.patterns));
      context.total(pieces.reduce((sum, { start, end }) => sum + end - start, 0));
      const report = reporter(source, context);
      for (const [number, piece] of pieces.entries()) {
        const planned = inputs[piece.input] as PlannedInput;
        const { name } = planned;
        let reported = piece.start;
        const onRead = (position: number): void => {
          if (position > reported) context.read(position - reported);
          reported = Math.max(reported, position);
        };
        const mine = (record: number, offset: number): boolean => {
          if (admit === undefined || admit(name, record)) return true;
          const message = "the worker died on this record every time, so it is left out";
          report(new PipelineError({ kind: "poison", message }), { source: name, record, offset });
          return false;
        };
        let parser: Pick<Parser<T>, "record" | "offset"> = { record: piece.record, offset: piece.start };
        store.begin(piece.start);
        try {
          const input: ParserInput = {
            source: name,
            record: piece.record,
            offset: piece.start,
            maxBytes: source.maxBytes,
            mine,
            report,
            count: context.count,
          };
          const records = source.parser(input);
          parser = records;
          for await (const chunk of withEnd(pieceBytes(store, planned, piece, { signal: context.signal, onRead }))) {
            if (chunk === undefined) records.end();
            else records.push(chunk);
            for (let item = records.next(); item !== undefined; item = records.next()) yield item;
          }
          const sha256 = store.digest(piece.end);
          if (sha256 !== undefined) digest?.(number, sha256);
        } catch (error) {
          if (!(error instanceof PipelineError) || error.origin !== undefined || context.signal.aborted) throw error;
          // A file that is not the one the plan was made of must not be passed over: the result would be of other inputs.
          if (!OF_CONTENT.has(error.kind) && error.kind !== "unreadable" && planned.mtime !== null) {
            throw new PipelineError({ ...error.facts, origin: { source: name, record: parser.record, offset: parser.offset } });
          }
          report(error, { source: name, record: parser.record, offset: parser.offset });
        }
      }
    },
  };
}

/** The bytes of a piece: of a stretch as they lie there (only plain files are cut), of a whole file decompressed. */
function pieceBytes(store: Store, input: PlannedInput, piece: Piece, options: StreamOptions): AsyncIterable<Buffer> {
  const entry: Entry = entryOf(input);
  if (piece.start === 0 && piece.end === input.size) return readEntry(store, entry, options);
  return store.stream(entry, { ...options, start: piece.start, end: piece.end });
}
