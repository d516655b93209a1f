/**
 * The stage that turns text into token ids. One document at a time, in order; nothing is held but a document whose parts are
 * being delivered. The time is the tokenizer's: the stage itself adds a copy of the ids (see docs/tokenize.md).
 * With `threads`, the same in batches on other threads (threads/encode-in-threads.ts).
 *
 * The accounting: for every document, `[bos] + ids + [eos]` is what comes out, as one record or as parts whose ids
 * concatenated are exactly that; what `long: "truncate"` cuts off and `long: "drop"` or an empty document leave out is counted.
 *
 * Turned down: BOS and EOS on every part, which would tell a model that documents begin and end where they do not, and
 * repeating ids at the seams (overlap), which trains on them twice.
 */
import {
  type Doc,
  knownOptions,
  numberOption,
  optionType,
  PipelineError,
  type Stage,
  type StageContext,
  type Tokenized,
  wordOption,
} from "../core/index.ts";
import type { Spanned } from "./chat/spans.ts";
import { type Encoded, encodeInPlace, RecordEncoder } from "./encoded.ts";
import { ENCODING_NAMES, ENCODINGS, type EncodingName } from "./encodings.ts";
import { framed, framedMask, unframed } from "./frame.ts";
import { textsOf, type Window, windows } from "./parts.ts";
import { SpecialTokenPolicy } from "./special-tokens.ts";
import { recordsInFlight, ThreadedEncoding } from "./threads/encode-in-threads.ts";
import { EncodingPool } from "./threads/pool.ts";
import { isEncodingName, loadEncoding } from "./tiktoken.ts";
import {
  type AsyncTokenizer,
  type EncodeOptions,
  type LoadedTokenizer,
  type Tokenizer,
  type TokenizerFacts,
  type TokenizerRecipe,
  tokenDtype,
} from "./tokenizer.ts";

export interface TokenizeOptions extends Omit<EncodeOptions, "literal"> {
  /**
   * The token put before each document: true for the tokenizer's own, or an id, or the text of a special token. Default false.
   */
  readonly bos?: boolean | number | string;
  /**
   * The token put after each document, which is how a model learns where documents end. Default: true where the tokenizer has
   * one (`<|endoftext|>` in the OpenAI encodings), else false.
   */
  readonly eos?: boolean | number | string;
  /** The most ids a record may have, BOS and EOS included. At least 1. Default: no limit. */
  readonly maxTokens?: number;
  /**
   * What happens to longer documents. "split" (default): parts of `maxTokens` ids, the last one shorter, BOS only on the
   * first and EOS only on the last; no id is lost. "truncate": the first ids that fit between BOS and EOS; the rest is counted.
   * "drop": the document is dropped with the reason "too-long".
   */
  readonly long?: "split" | "truncate" | "drop";
  /**
   * Threads that encode, each with a tokenizer of its own. Default 0: the pipeline's own thread. 1 to 64. The output is the same.
   * Worth it where encoding is most of the work and other cores have nothing to do. The tokenizer must be a name, or come from
   * `loadTokenizer`; a thread that dies is a PipelineError ("thread-died") that names the records it was working on.
   */
  readonly threads?: number;
}

/** A document in the middle of its parts. A restored run encodes it again. */
interface Delivery<T> {
  readonly record: T;
  readonly delivered: number;
}

/** What a checkpoint saves: that document, and with threads the records that are on their way. */
interface Saved<T> {
  readonly current: Delivery<T> | null;
  readonly held: readonly T[];
}

/**
 * Adds `tokens: Uint32Array` to every document.
 *
 * The tokenizer is the name of an OpenAI encoding (loaded through the package `tiktoken` when the pipeline runs, freed when it
 * ends), or a `Tokenizer` object, which stays the caller's to dispose of.
 *
 * A record that `chat` rendered gets `lossMask: Uint8Array` beside its tokens, 1 where the assistant's text is; BOS and EOS are 0. Its
 * `spans` go. Special tokens are recognized in it where the template wrote them, whatever `allowedSpecial` says.
 *
 * A part of a split document has the id `${id}#${index}`, `part: { index, count }`, and the text of its ids (see `textsOf`). A
 * document without ids of its own (empty text) is dropped with the reason "no-tokens". Counters: "tokens" (ids yielded, BOS
 * and EOS included), "tokens trained" (those with a mask of 1), "tokens truncated", "tokens dropped", "documents split". Order is
 * kept. At most one document is held; with threads, 128 for each, of 512 KiB of text in all but for longer single ones.
 *
 * @throws RangeError on an unknown encoding, on a BOS or EOS the tokenizer does not have, and on a `maxTokens` that leaves no
 * room for text. While running: PipelineError "missing-package" without `tiktoken`; "already-split" when a record that is
 * a part already would have to be split again.
 */
export function tokenize<T extends Doc>(
  tokenizer: EncodingName | Tokenizer | AsyncTokenizer,
  options: TokenizeOptions = {},
): Stage<T, T & Tokenized> {
  const name = "tokenize";
  knownOptions(name, options, ["bos", "eos", "maxTokens", "long", "threads", "allowedSpecial", "disallowedSpecial"]);
  const facts = factsOf(name, tokenizer);
  const { maxTokens = Number.POSITIVE_INFINITY } = options;
  const bos = edgeToken(name, "bos", options.bos === undefined ? false : options.bos, facts);
  const eos = edgeToken(name, "eos", options.eos === undefined ? facts.special.eos !== undefined : options.eos, facts);
  const limit = numberOption(name, "maxTokens", maxTokens, { min: 1, integer: true });
  const long = wordOption(name, "long", options.long === undefined ? "split" : options.long, ["split", "truncate", "drop"]);
  const frame = { bos, eos };
  const added = (bos === null ? 0 : 1) + (eos === null ? 0 : 1);
  if (long !== "split" && limit <= added) {
    throw new RangeError(`${name}: expected \`maxTokens\` to leave room for text beside ${added} of BOS and EOS, got ${limit}`);
  }
  const threads = numberOption(name, "threads", options.threads ?? 0, { min: 0, max: 64, integer: true });
  const special = specialPolicy(name, tokenizer, facts, options);
  const recipe = threads === 0 ? undefined : recipeOf(name, tokenizer);
  const splits = long === "split" && limit !== Number.POSITIVE_INFINITY;
  const { fingerprint, vocabularySize } = facts;
  return {
    name,
    config: {
      tokenizer: facts.name,
      fingerprint,
      vocabularySize,
      dtype: tokenDtype(vocabularySize),
      bos,
      eos,
      maxTokens: limit === Number.POSITIVE_INFINITY ? null : limit,
      long,
      ...special,
    },
    lookAhead: (splits ? 1 : 0) + recordsInFlight(threads),
    splittable: true,
    async *run(input, context) {
      // The document whose parts are being delivered, and how many of them have been.
      const saved = context.restored<Saved<T>>();
      let current = saved?.current ?? null;
      // Until they are taken in again, the records that were on their way are still to be saved.
      let again: readonly T[] = saved?.held ?? [];
      let threaded: ThreadedEncoding<T> | undefined;
      context.checkpoint((): Saved<T> => ({ current, held: [...(threaded?.held() ?? []), ...again] }));
      if (recipe !== undefined) {
        const pool = new EncodingPool(context.stage, { recipe, fingerprint, encode: special }, threads);
        context.scope.defer(() => pool.close(context.signal.reason));
        threaded = new ThreadedEncoding(pool, threads, frame);
      }
      const loaded = typeof tokenizer === "string" ? await loadFor(tokenizer, context) : tokenizer;
      const encoder = new RecordEncoder(loaded, context, special, frame);

      /** The record with tokens in place of spans, and with the mask that came of them. */
      function tokenized(record: T, tokens: Uint32Array, lossMask: Uint8Array | undefined, more?: Partial<Doc>): T & Tokenized {
        context.count("tokens", tokens.length);
        if (lossMask === undefined && !("spans" in record)) return { ...record, ...more, tokens };
        const { spans: _, ...rest } = record as T & Spanned;
        if (lossMask === undefined) return { ...(rest as T), ...more, tokens };
        const trained = lossMask.reduce((sum, one) => sum + one, 0);
        context.count("tokens trained", trained);
        return { ...(rest as T), ...more, tokens, lossMask };
      }

      /** The record with its tokens, or undefined when it was counted and left out. Not for records that are split. */
      function whole({ record, tokens, mask }: Encoded<T>): (T & Tokenized) | undefined {
        const total = tokens.length;
        if (total === added) return void context.drop(record, "no-tokens");
        if (total > limit && long === "drop") {
          context.count("tokens dropped", total);
          return void context.drop(record, "too-long");
        }
        if (total > limit && long === "split") {
          const message = `the record ${JSON.stringify(record.id)} is a part already and has ${total} tokens, more than ${limit}; a part cannot be split again`;
          const error = new PipelineError({ kind: "already-split", stage: context.stage, message, origin: record.origin });
          return void context.fail(error, { record });
        }
        if (total <= limit) return tokenized(record, tokens, mask && framedMask(mask, frame));
        context.count("tokens truncated", total - limit);
        const kept = unframed(tokens, frame).subarray(0, limit - added);
        return tokenized(record, framed(kept, frame), mask && framedMask(mask.subarray(0, kept.length), frame));
      }

      async function* parts({ record, tokens: all, mask }: Encoded<T>, delivered: number): AsyncGenerator<T & Tokenized> {
        const ids = unframed(all, frame);
        const allMask = mask && framedMask(mask, frame);
        const cuts = windows(all.length, limit);
        const shift = bos === null ? 0 : 1;
        const inside = (at: number): number => Math.min(ids.length, Math.max(0, at - shift));
        const own = cuts.map(({ start, end }): Window => ({ start: inside(start), end: inside(end) }));
        const texts = await textsOf(record.text, ids, own, loaded);
        if (delivered === 0) context.count("documents split");
        for (let index = delivered; index < cuts.length; index++) {
          const { start, end } = cuts[index] as Window;
          const tokens = all.slice(start, end); // a copy: a view would keep the whole document's ids alive
          current = index + 1 < cuts.length ? { record, delivered: index + 1 } : null;
          const part = { index, count: cuts.length };
          yield tokenized(record, tokens, allMask?.slice(start, end), { id: `${record.id}#${index}`, text: texts[index] as string, part });
        }
      }

      if (current !== null) {
        const { record, delivered } = current;
        const encoded = await encoder.encode(record);
        if (encoded !== undefined) yield* parts(encoded, delivered);
      }
      async function* all(): AsyncGenerator<T> {
        while (again.length > 0) {
          const [first, ...rest] = again as readonly [T, ...T[]];
          again = rest;
          yield first;
        }
        yield* input;
      }
      const encoded = threaded?.encode(all(), encoder, context) ?? encodeInPlace(again.length > 0 ? all() : input, encoder);
      for await (const one of encoded) {
        const { length } = one.tokens;
        if (splits && length > limit && length > added && one.record.part === undefined) {
          yield* parts(one, 0);
          continue;
        }
        const out = whole(one);
        if (out !== undefined) yield out;
      }
    },
  };
}

function factsOf(stage: string, tokenizer: EncodingName | Tokenizer | AsyncTokenizer): TokenizerFacts {
  if (typeof tokenizer === "string") {
    if (isEncodingName(tokenizer)) return ENCODINGS[tokenizer];
    const known = ENCODING_NAMES.join(", ");
    throw new RangeError(`${stage}: unknown encoding ${JSON.stringify(tokenizer)}; known encodings are ${known}`);
  }
  const given = tokenizer as Partial<Tokenizer> | null | undefined;
  if (typeof given?.encode !== "function" || typeof given.fingerprint !== "string" || given.special === undefined) {
    const rule = "the name of an encoding or a Tokenizer (fromTransformers makes one of a Hugging Face tokenizer)";
    throw optionType(stage, "tokenizer", rule, tokenizer);
  }
  numberOption(stage, "tokenizer.vocabularySize", given.vocabularySize, { min: 1, max: 2 ** 32, integer: true });
  return tokenizer;
}

/** The id that an option for BOS or EOS stands for, or null for none. */
function edgeToken(stage: string, option: "bos" | "eos", value: boolean | number | string, facts: TokenizerFacts): number | null {
  const { special, vocabularySize } = facts;
  const known = Object.keys(special.ids).join(" ") || "none";
  switch (typeof value) {
    case "number":
      return numberOption(stage, option, value, { min: 0, max: vocabularySize - 1, integer: true });
    case "string":
      if (Object.hasOwn(special.ids, value)) return special.ids[value] as number;
      throw new RangeError(
        `${stage}: expected \`${option}\` to be a special token of ${facts.name} (${known}), got ${JSON.stringify(value)}`,
      );
    case "boolean": {
      if (!value) return null;
      const id = special[option];
      if (id !== undefined) return id;
      throw new RangeError(`${stage}: ${facts.name} has no ${option} token of its own; name one of its special tokens (${known}) or an id`);
    }
    default:
      throw optionType(stage, option, "a boolean, an id or the text of a special token", value);
  }
}

/** The policy for special tokens, checked; nothing where the tokenizer's own is to hold. */
function specialPolicy(
  stage: string,
  tokenizer: EncodingName | Tokenizer | AsyncTokenizer,
  facts: TokenizerFacts,
  { allowedSpecial, disallowedSpecial }: EncodeOptions,
): EncodeOptions {
  const policy = { ...(allowedSpecial !== undefined && { allowedSpecial }), ...(disallowedSpecial !== undefined && { disallowedSpecial }) };
  if (Object.keys(policy).length === 0) return policy;
  if (typeof tokenizer !== "string" && !("encodeBatch" in tokenizer)) {
    throw new TypeError(`${stage}: ${facts.name} decides about special tokens itself; a tokenizer of loadTokenizer can be told`);
  }
  const known = new SpecialTokenPolicy(stage, facts.special.ids);
  for (const option of ["allowedSpecial", "disallowedSpecial"] as const) known.resolve(option, policy[option]);
  return policy;
}

function recipeOf(stage: string, tokenizer: EncodingName | Tokenizer | AsyncTokenizer): TokenizerRecipe {
  if (typeof tokenizer === "string") return { source: tokenizer, options: {} };
  const { recipe } = tokenizer as Partial<LoadedTokenizer>;
  if (recipe !== undefined) return recipe;
  throw new TypeError(
    `${stage}: \`threads\` need a tokenizer that every thread can load: the name of an encoding, or one of loadTokenizer`,
  );
}

/** Loads an encoding, once for all passes that share it, and releases it behind the last, also when that ends while it loads. */
function loadFor(name: EncodingName, context: StageContext): Promise<Tokenizer> {
  return context.shared(
    `encoding ${name}`,
    () => loadEncoding(name),
    (tokenizer) => tokenizer.dispose?.(),
  );
}
