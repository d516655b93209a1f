/** Small SentencePiece models, written field by field; no third-party model is in the repository. */
import { CHARSMAP } from "./hf-fixtures.ts";
import { random } from "./hf-texts.ts";

type Field = readonly [number: number, value: number | string | Uint8Array | { readonly float: number }];

/** A protobuf message. */
export function message(fields: readonly Field[]): Uint8Array {
  const out: number[] = [];
  const varint = (value: number): void => {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
    out.push(rest);
  };
  for (const [number, value] of fields) {
    if (typeof value === "number") {
      varint(number * 8);
      varint(value);
    } else if (typeof value === "string" || value instanceof Uint8Array) {
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
      varint(number * 8 + 2);
      varint(bytes.length);
      for (const byte of bytes) out.push(byte);
    } else {
      varint(number * 8 + 5);
      out.push(...new Uint8Array(new Float32Array([value.float]).buffer));
    }
  }
  return Uint8Array.from(out);
}

const [NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE] = [1, 2, 3, 4, 5, 6] as const;
type Piece = readonly [text: string, score: number, type: number];

const HEAD: readonly Piece[] = [
  ["<unk>", 0, UNKNOWN],
  ["<s>", 0, CONTROL],
  ["</s>", 0, CONTROL],
];
const BYTES: readonly Piece[] = Array.from({ length: 256 }, (_, byte) => [
  `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  0,
  BYTE,
]);
const LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'()\"-/=▁éя中文日"];
const WORDS = "the of and wheel mill miller race rises turns nobody bank asks it's have walked noon hello world don't 11 111 12 1998".split(
  " ",
);

function unigramPieces(seed: number): Piece[] {
  const next = random(seed);
  const tokens = new Set([
    ...LETTERS,
    ...WORDS.flatMap((word) => [`▁${word}`, word, word.slice(0, 3), word.slice(-2), `${word}▁`]),
    "▁▁",
    " ",
    " b",
  ]);
  return [...tokens].map((token) => [token, Math.fround(-1 - 12 * next()), NORMAL]);
}

/** Pieces whose scores fall, each made of the one before it and a letter; two share a score. */
function bpePieces(): Piece[] {
  const tokens = new Set<string>();
  for (const word of WORDS.flatMap((w) => [`▁${w}`, w])) for (let end = 2; end <= word.length; end++) tokens.add(word.slice(0, end));
  const made = [...tokens, "▁▁", "▁▁▁", "e▁t", "zq", "qz"].map((token, i): Piece => [token, -(i >> 1), NORMAL]);
  return [...made, ...LETTERS.map((letter, i): Piece => [letter, -1000 - i, NORMAL])];
}

interface Options {
  readonly type: 1 | 2;
  readonly pieces: readonly Piece[];
  readonly trainer?: readonly Field[];
  readonly normalizer?: readonly Field[];
  readonly denormalizer?: readonly Field[];
}

function model({ type, pieces, trainer = [], normalizer = [], denormalizer }: Options): Uint8Array {
  return message([
    ...[...HEAD, ...pieces].map(([text, score, kind]): Field => [1, message([[1, text], [2, { float: score }], [3, kind]])]), // biome-ignore format: a field each
    [2, message([[3, type], ...trainer])],
    [3, message(normalizer)],
    ...(denormalizer === undefined ? [] : [[5, message(denormalizer)] as const]),
  ]);
}

/** Every model by name. */
export const models: Readonly<Record<string, Uint8Array>> = {
  unigram: model({ type: 1, pieces: unigramPieces(1), normalizer: [[2, CHARSMAP]] }),
  unigramBytes: model({
    type: 1,
    pieces: [...BYTES, ...unigramPieces(2), ["<sep>", 0, USER], ["wheels", 0, USER], ["é!", 0, USER], ["nobody's", -3, UNUSED]],
    trainer: [[35, 1]],
    normalizer: [[2, CHARSMAP]],
  }),
  unigramSuffix: model({ type: 1, pieces: unigramPieces(3), trainer: [[24, 1], [44, "?"]] }), // biome-ignore format: a field each
  unigramAsIs: model({ type: 1, pieces: [...unigramPieces(4), [" of", 0, USER]], normalizer: [[3, 0], [4, 0], [5, 0]] }), // biome-ignore format: a field each
  bpe: model({ type: 2, pieces: bpePieces(), normalizer: [[2, CHARSMAP]] }),
  bpeBytes: model({ type: 2, pieces: [...BYTES, ...bpePieces()], trainer: [[35, 1]], normalizer: [[4, 0]] }),
  bpeUser: model({
    type: 2,
    pieces: [...bpePieces(), ["<sep>", 0, USER], ["the", 0, USER], ["▁▁▁▁", 0, USER], ["he", 0, USER]].filter(
      (piece, i, all) => all.findLastIndex(([text]) => text === piece[0]) === i,
    ) as Piece[],
    normalizer: [[3, 0], [4, 0]], // biome-ignore format: a field each
    denormalizer: [[2, CHARSMAP]],
  }),
};
